package io.voiceagent.ingress.web;

import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * A part that the service needs.
 *
 * @param name as in the answer
 * @param critical whether the service can't serve without it
 * @param up whether it works; must answer at once
 * @param detail for people; holds no address and no key
 */
public record HealthComponent(String name, boolean critical, BooleanSupplier up, Supplier<String> detail) {}
