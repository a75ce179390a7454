package io.voiceagent.ingress.security;

import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AbstractAuthenticationToken;

/** Who asks: the tenant whose key was sent. Holds no key. */
final class ApiKeyAuthentication extends AbstractAuthenticationToken {
    private static final long serialVersionUID = 1L;

    private final String tenant;

    ApiKeyAuthentication(ApiKey key) {
        super(key.scopes().stream().map(Scope::authority).toList());
        this.tenant = key.tenant();
        super.setAuthenticated(true);
    }

    String tenant() {
        return tenant;
    }

    @Override
    public @Nullable Object getCredentials() {
        return null;
    }

    @Override
    public Object getPrincipal() {
        return tenant;
    }
}
