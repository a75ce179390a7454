package io.voiceagent.ingress.security;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.SimpleGrantedAuthority;

/** What a key may be used for. */
public enum Scope {
    /** Changes something: submit, cancel, delete. */
    SUBMIT,
    /** Reads what is there: poll, follow, list. */
    READ,
    /** Everything. */
    ADMIN;

    private final GrantedAuthority authority = new SimpleGrantedAuthority("SCOPE_" + wire());

    /** As it is written in settings and in refusals. */
    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }

    GrantedAuthority authority() {
        return authority;
    }

    static Optional<Scope> find(String wire) {
        return Arrays.stream(values())
                .filter(scope -> scope.wire().equals(wire))
                .findFirst();
    }
}
