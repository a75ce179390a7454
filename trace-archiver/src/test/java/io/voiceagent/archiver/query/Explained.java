package io.voiceagent.archiver.query;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;

/** A connection that asks for the plan of each query, with the values that it has, before it runs it. */
final class Explained {

    /** By query, in their order; what did not run is left out. */
    final List<String> plans = new ArrayList<>();

    final Connection connection;

    Explained(Connection real) {
        connection = (Connection) Proxy.newProxyInstance(
                Explained.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    Object result = invoke(method, real, arguments);
                    return method.getName().equals("prepareStatement")
                            ? statement(real, (PreparedStatement) result, (String) arguments[0])
                            : result;
                });
    }

    private record Value(Method setter, Object[] arguments) {}

    private PreparedStatement statement(Connection real, PreparedStatement statement, String sql) {
        List<Value> values = new ArrayList<>();
        return (PreparedStatement) Proxy.newProxyInstance(
                Explained.class.getClassLoader(),
                new Class<?>[] {PreparedStatement.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("executeQuery")) {
                        plans.add(plan(real, sql, values));
                    } else if (method.getName().startsWith("set") && arguments.length > 1) {
                        values.add(new Value(method, arguments));
                    }
                    return invoke(method, statement, arguments);
                });
    }

    private static String plan(Connection real, String sql, List<Value> values) throws Throwable {
        try (PreparedStatement explain = real.prepareStatement("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) " + sql)) {
            for (Value value : values) {
                invoke(value.setter(), explain, value.arguments());
            }
            try (ResultSet rows = explain.executeQuery()) {
                StringBuilder plan = new StringBuilder();
                while (rows.next()) {
                    plan.append(rows.getString(1)).append('\n');
                }
                return plan.toString();
            }
        }
    }

    private static Object invoke(Method method, Object on, Object[] arguments) throws Throwable {
        try {
            return method.invoke(on, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
