/// The two small scripts that stand between us and the commands of a build.
///
/// The first starts shells and outlives them; the second is the shell itself, which takes one command after the other
/// from a pipe and runs each within itself, so that `cd`, exports, functions and options stay. When a command ends the
/// shell (`exit 3`, a failure under `set -e`, `exec`), the first script tells the status and starts another
/// shell, which takes up folder, exported variables and, under bash, functions.
///
/// After each command a mark is printed into the same stream as the output, so that the end of a command can never be
/// seen before the last of what it printed. Both end when the pipe is closed: no build outlives its server idle.
enum ShellDriver {
    /// The byte around a mark; it stands in no text.
    static let frame: UInt8 = 0x1E

    /// Starts shells. Arguments: the folder of these files, the mark.
    static let supervisor = """
        exec 2>&1 </dev/null
        exec 9>&1
        run=$1 mark=$2 shell=/bin/sh user=
        exec 8<"$run/in"
        while :; do
          if [ -z "$user" ]; then
            "$shell" "$run/shell.sh" "$run" "$mark" "$shell"
          else
            /usr/bin/setpriv --reuid "$user" --regid "$(/usr/bin/id -g "$user")" --init-groups \\
              "$shell" "$run/shell.sh" "$run" "$mark" "$shell"
          fi
          status=$?
          [ ! -e "$run/out/over" ] || exit 0
          if [ -e "$run/next" ]; then
            . "$run/next"
            /bin/rm -f "$run/next"
            status=0
          fi
          printf '\\036%s %s\\036' "$mark" "$status" >&9
        done

        """

    /// Takes commands. Nothing but what the shell itself knows is used: a build may have broken its PATH.
    static let shell = """
        __cb_run=$1 __cb_mark=$2 __cb_shell=$3 __cb_x=
        set --
        [ ! -r "$__cb_run/out/state" ] || . "$__cb_run/out/state"
        if [ -r "$__cb_run/out/cwd" ]; then
          IFS= read -r __cb_cwd <"$__cb_run/out/cwd"
          cd "$__cb_cwd" || :
        fi
        __cb_save() {
          {
            export -p
            [ -z "${BASH_VERSION-}" ] || declare -f
          } >"$__cb_run/out/state" 2>/dev/null
          printf '%s\\n' "$PWD" >"$__cb_run/out/cwd"
        }
        trap '__cb_status=$?; trap - EXIT; __cb_save; exit $__cb_status' EXIT
        while IFS= read -r __cb_next <&8; do
          case $__cb_next in
          run)
            [ -z "$__cb_x" ] || set -x
            . "$__cb_run/../output/tmp/script.sh" 8<&- 9>&-
            { __cb_status=$?
              __cb_x=
              case $- in *x*)
                __cb_x=1
                set +x ;;
              esac
            } 2>/dev/null ;;
          alone)
            (cd "$CODEBUILD_SRC_DIR" && exec "$__cb_shell" "$__cb_run/../output/tmp/script.sh" 8<&- 9>&-)
            __cb_status=$? ;;
          save)
            __cb_save
            __cb_status=0 ;;
          leave) exit 0 ;;
          *) __cb_status=96 ;;
          esac
          printf '\\036%s %s\\036' "$__cb_mark" "$__cb_status" >&9
        done
        : >"$__cb_run/out/over"
        exit 0

        """

    /// The text as one word of a shell.
    static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    /// The text in double quotes, so that the shell expands variables and commands in it, and nothing else.
    static func expanding(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    /// Lines that set and export those variables, verbatim.
    static func exports(_ variables: [(name: String, value: String)]) -> String {
        variables.map { "export \($0.name)=\(quoted($0.value))\n" }.joined()
    }

    /// Whether a shell can have a variable of that name.
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, first == 0x5F || (first | 0x20 >= 0x61 && first | 0x20 <= 0x7A) else {
            return false
        }
        return text.utf8.allSatisfy {
            $0 == 0x5F || ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A)
        }
    }
}
