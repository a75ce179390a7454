package io.voiceagent.ingress.security;

import java.util.Set;

/**
 * What is known of a key that was found; never the key itself.
 *
 * @param tenant whose key it is
 * @param scopes what it may be used for, never empty
 */
public record ApiKey(String tenant, Set<Scope> scopes) {
    /** Scopes of a key for which none are written down. */
    static final Set<Scope> USUAL = Set.of(Scope.SUBMIT, Scope.READ);

    public ApiKey {
        scopes = Set.copyOf(scopes);
    }
}
