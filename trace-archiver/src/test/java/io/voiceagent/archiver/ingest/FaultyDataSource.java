package io.voiceagent.archiver.ingest;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** Real connections whose first commits go wrong. */
public final class FaultyDataSource extends DelegatingDataSource {

    /** What happens at a commit. */
    public enum Fault {
        /** The server ends the session before it hears of the commit: everything copied is taken back. */
        KILLED_BEFORE,
        /** The server commits, and its answer is lost. */
        ANSWER_LOST
    }

    private final Fault fault;
    private final AtomicInteger left;

    public FaultyDataSource(DataSource real, Fault fault, int times) {
        super(real);
        this.fault = fault;
        this.left = new AtomicInteger(times);
    }

    /** Faults that have not happened yet. */
    public int left() {
        return Math.max(0, left.get());
    }

    @Override
    public Connection getConnection() throws SQLException {
        Connection real = super.getConnection();
        return (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    boolean faulty = method.getName().equals("commit") && left.getAndDecrement() > 0;
                    if (faulty && fault == Fault.KILLED_BEFORE) {
                        kill(real);
                    }
                    try {
                        Object result = method.invoke(real, arguments);
                        if (faulty) {
                            throw new SQLException("the connection was lost", "08006");
                        }
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private void kill(Connection victim) throws SQLException {
        int pid = victim.unwrap(PGConnection.class).getBackendPID();
        try (Connection killer = super.getConnection();
                var statement = killer.prepareStatement("SELECT pg_terminate_backend(?, 5000)")) {
            statement.setInt(1, pid);
            statement.execute();
        }
    }
}
