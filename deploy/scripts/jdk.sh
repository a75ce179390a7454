# Sourced by scripts that need a JDK 25: find_jdk prints the home of one, or fails.
# JAVA_HOME wins; then the places where package managers, version managers and CI put JDKs.

is_jdk_25() {
  [ -x "$1/bin/javac" ] && [ -x "$1/bin/java" ] || return 1
  if [ -r "$1/release" ]; then
    grep -Eq '^JAVA_VERSION="25[."+-]' "$1/release"
  else
    "$1/bin/java" -version 2>&1 | head -1 | grep -Eq '"25[."+-]'
  fi
}

find_jdk() {
  local home java
  if [ -n "${JAVA_HOME:-}" ] && is_jdk_25 "$JAVA_HOME"; then
    printf '%s\n' "$JAVA_HOME"
    return 0
  fi
  if java=$(command -v javac 2>/dev/null); then
    while [ -L "$java" ]; do # readlink -f is not everywhere
      home=$(readlink "$java")
      case $home in /*) java=$home ;; *) java=$(dirname "$java")/$home ;; esac
    done
    home=$(cd "$(dirname "$java")/.." && pwd -P)
    if is_jdk_25 "$home"; then
      printf '%s\n' "$home"
      return 0
    fi
  fi
  while IFS= read -r home; do
    if [ -n "$home" ] && is_jdk_25 "$home"; then
      printf '%s\n' "$home"
      return 0
    fi
  done <<PLACES
${JAVA_HOME_25_X64:-}
${JAVA_HOME_25_ARM64:-}
${JAVA25_HOME:-}
$(sed -n 's:.*<jdkHome>\(.*\)</jdkHome>.*:\1:p' "${HOME:-/nonexistent}/.m2/toolchains.xml" 2>/dev/null)
$(for home in \
    /usr/lib/jvm/* /usr/lib64/jvm/* /opt/java/* /opt/jdk* /usr/local/jdk* \
    "${SDKMAN_DIR:-${HOME:-}/.sdkman}"/candidates/java/* "${HOME:-}"/.jdks/* "${HOME:-}"/.jenv/versions/* \
    "${HOME:-}"/.asdf/installs/java/* "${HOME:-}"/.local/share/mise/installs/java/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home "${HOME:-}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
    printf '%s\n' "$home"
  done)
PLACES
  return 1
}

# Prints the command that runs Maven: the wrapper, or, where it cannot fetch its Maven (a closed network), an installed
# one, aloud. Run it from the root of the project, with JAVA_HOME set.
find_maven() {
  if ./mvnw -v >/dev/null 2>&1; then
    echo ./mvnw
  elif command -v mvn >/dev/null 2>&1; then
    echo "./mvnw cannot fetch its Maven here; using the installed $(command -v mvn) instead" >&2
    echo mvn
  else
    echo "./mvnw cannot fetch its Maven here, and no mvn is installed: allow https://repo.maven.apache.org or install Maven 3.8+" >&2
    return 1
  fi
}

# Exports the home of a JDK 25, or ends the script that is named.
require_jdk() {
  JAVA_HOME=$(find_jdk) || {
    echo "$1: no JDK 25 found: install one (https://adoptium.net) and set JAVA_HOME to it" >&2
    exit 1
  }
  export JAVA_HOME
}

# Prints the comment at the top of a script.
show_help() {
  sed -n '2,/^set /s/^# \{0,1\}//p' "$1"
}

# For the script that is named: builds a module and what it needs, tests compiled or not (-DskipTests or
# -Dmaven.test.skip=true), and writes its class path of that scope to DIRECTORY/classpath. Run it from the root of the project.
build_classpath() {
  local name=$1 module=$2 scope=$3 tests=$4 directory=$5 maven
  maven=$(find_maven)
  "$maven" -B -q -Pquick "$tests" -pl "$module" -am package dependency:build-classpath \
    -Dmdep.outputFile="$directory/classpath" -Dmdep.includeScope="$scope" >"$directory/build.log" 2>&1 || {
    echo "$name: the build failed: $(grep -m 3 -E '^\[ERROR\]' "$directory/build.log")" >&2
    exit 1
  }
}
