package io.voiceagent.archiver.query;

import java.util.Map;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.Resource;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;

/** The page on which traces are looked at: three files, which ask for nothing from elsewhere. */
public final class PageRoutes {

    /** Not Spring Boot's folder of static files, which every service in a process would serve. */
    private static final String FOLDER = "trace-page/";

    private static final Map<String, MediaType> FILES = Map.of(
            "index.html", MediaType.valueOf("text/html;charset=UTF-8"),
            "traces.js", MediaType.valueOf("text/javascript;charset=UTF-8"),
            "traces.css", MediaType.valueOf("text/css;charset=UTF-8"));

    private PageRoutes() {}

    /** The routes. */
    public static RouterFunction<ServerResponse> routes() {
        RouterFunctions.Builder routes = RouterFunctions.route();
        FILES.forEach((name, type) -> {
            Resource file = new ClassPathResource(FOLDER + name, PageRoutes.class.getClassLoader());
            routes.GET(
                    name.equals("index.html") ? "/" : "/" + name,
                    request -> ServerResponse.ok()
                            .contentType(type)
                            .cacheControl(CacheControl.noCache())
                            .bodyValue(file));
        });
        return routes.build();
    }
}
