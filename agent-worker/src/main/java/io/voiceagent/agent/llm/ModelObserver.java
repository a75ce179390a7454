package io.voiceagent.agent.llm;

/** Hears what happens within a model call, for spans and metrics. */
interface ModelObserver {
    /** The first piece of the answer was given on. */
    void firstToken();

    /** A try failed and will be repeated. */
    void retry(Failure failure);
}
