package io.voiceagent.ingress.webhook;

/** Another reader has taken over the partition, and moved its position. */
final class PositionLostException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PositionLostException(int partition) {
        super("the position of partition %d was moved by another reader".formatted(partition));
    }
}
