package io.voiceagent.archiver.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;

class RowSumTest {

    @Property
    void isTheSameInAnyOrder(@ForAll @Size(max = 20) List<byte[]> rows) {
        List<byte[]> reversed = new ArrayList<>(rows).reversed();

        assertThat(of(reversed).hex()).isEqualTo(of(rows).hex());
        assertThat(of(rows).rows()).isEqualTo(rows.size());
    }

    @Property
    void tellsAChangedByte(@ForAll @Size(min = 1, max = 20) List<@Size(min = 1, max = 50) byte[]> rows) {
        List<byte[]> changed = new ArrayList<>(rows);
        byte[] row = changed.getFirst().clone();
        row[row.length / 2] ^= 1;
        changed.set(0, row);

        assertThat(of(changed).hex()).isNotEqualTo(of(rows).hex());
    }

    @Property
    void tellsARepeatedRow(@ForAll @Size(min = 1, max = 20) List<@Size(min = 1, max = 50) byte[]> rows) {
        List<byte[]> doubled = new ArrayList<>(rows);
        doubled.add(rows.getFirst());

        assertThat(of(doubled).rows()).isEqualTo(rows.size() + 1L);
    }

    private static RowSum of(List<byte[]> rows) {
        RowSum sum = new RowSum();
        rows.forEach(sum::add);
        return sum;
    }
}
