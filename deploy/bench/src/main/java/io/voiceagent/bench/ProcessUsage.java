package io.voiceagent.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * What a process has used so far.
 *
 * @param cpu processor time since its start
 * @param residentBytes memory resident now; absent where the system has no {@code /proc}
 * @param peakResidentBytes the most that was resident since its start
 */
record ProcessUsage(Duration cpu, OptionalLong residentBytes, OptionalLong peakResidentBytes) {

    /**
     * @throws IllegalArgumentException when no process has this id
     * @throws IOException when its status cannot be read
     */
    static ProcessUsage of(long pid) throws IOException {
        ProcessHandle process = ProcessHandle.of(pid)
                .orElseThrow(() -> new IllegalArgumentException("--pid: no process has the id " + pid));
        Duration cpu = process.info().totalCpuDuration().orElse(Duration.ZERO);
        Path status = Path.of("/proc", Long.toString(pid), "status");
        if (!Files.exists(status)) {
            return new ProcessUsage(cpu, OptionalLong.empty(), OptionalLong.empty());
        }
        String text = Files.readString(status);
        return new ProcessUsage(cpu, kilobytes(text, "VmRSS:"), kilobytes(text, "VmHWM:"));
    }

    private static OptionalLong kilobytes(String status, String field) {
        return status.lines()
                .filter(line -> line.startsWith(field))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst();
    }
}
