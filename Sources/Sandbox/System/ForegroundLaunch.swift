import Notation

/// How another process starts a program of ours in its own terminal: what to execute, from where.
package struct ForegroundLaunch: Sendable, Hashable {
    /// The program and its arguments.
    package let arguments: [String]
    /// The folder to start in.
    package let workingDirectory: String
}

extension Sandbox {
    /// Writes down what a command line needs to run the program in its own terminal, with the same isolation.
    ///
    /// Nothing is started here: whoever executes the launch is its parent, and the program ends with it.
    ///
    /// - Parameters:
    ///   - folder: A folder for the description; what it held is replaced.
    ///   - terminal: Whether the program gets the terminal of whoever starts it.
    /// - Throws: ``SandboxError`` `.startFailed` where the way programs are run here has no such form.
    package func foreground(
        _ program: Program, in folder: String, terminal: Bool
    ) throws(SandboxError) -> ForegroundLaunch {
        try check(program)
        return try ways.foreground(program, in: folder, terminal: terminal)
    }
}
