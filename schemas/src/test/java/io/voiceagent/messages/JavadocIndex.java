package io.voiceagent.messages;

import com.sun.source.doctree.DocCommentTree;
import com.sun.source.doctree.DocTree;
import com.sun.source.doctree.ParamTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/** What the Javadoc of the sources says of each type and each record component, so that the published schemas say it too. */
final class JavadocIndex {
    private final Map<String, String> types = new HashMap<>();
    private final Map<String, String> components = new HashMap<>();

    static JavadocIndex of(Path sources) throws IOException {
        JavadocIndex index = new JavadocIndex();
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null);
                Stream<Path> paths = Files.list(sources)) {
            List<Path> java =
                    paths.filter(path -> path.toString().endsWith(".java")).toList();
            JavacTask task = (JavacTask) compiler.getTask(
                    null, files, null, List.of("-proc:none"), null, files.getJavaFileObjectsFromPaths(java));
            DocTrees docs = DocTrees.instance(task);
            for (CompilationUnitTree unit : task.parse()) {
                index.scan(unit, docs);
            }
        }
        return index;
    }

    private void scan(CompilationUnitTree unit, DocTrees docs) {
        new TreePathScanner<Void, String>() {
            @Override
            public Void visitClass(ClassTree tree, String outer) {
                String name = outer.isEmpty() ? tree.getSimpleName().toString() : outer + "." + tree.getSimpleName();
                DocCommentTree comment = docs.getDocCommentTree(getCurrentPath());
                if (comment != null) {
                    types.put(name, plain(comment.getFullBody()));
                    comment.getBlockTags().stream()
                            .filter(ParamTree.class::isInstance)
                            .map(ParamTree.class::cast)
                            .forEach(param ->
                                    components.put(name + "#" + param.getName(), plain(param.getDescription())));
                }
                return super.visitClass(tree, name);
            }
        }.scan(unit, "");
    }

    @Nullable
    String type(Class<?> type) {
        return types.get(nested(type));
    }

    @Nullable
    String component(Class<?> type, String name) {
        return components.get(nested(type) + "#" + name);
    }

    private static String nested(Class<?> type) {
        Class<?> outer = type.getEnclosingClass();
        return outer == null ? type.getSimpleName() : nested(outer) + "." + type.getSimpleName();
    }

    /** Javadoc text without its markup: {@code {@link X}} becomes X. */
    private static String plain(List<? extends DocTree> javadoc) {
        return javadoc.stream()
                .map(DocTree::toString)
                .collect(Collectors.joining())
                .replaceAll("\\{@(?:link|code|linkplain)\\s+#?([^}]*)}", "$1")
                .replaceAll("<[^>]+>", "")
                .replaceAll("\\s+", " ")
                .strip();
    }
}
