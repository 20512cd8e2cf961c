/// Zip and tar files: expanded without trusting them, and made.
///
/// The calls read and write files and block while they do; do not call them on an event loop.
package enum Archive {
    /// What an archive may take when expanded. Each limit is named in the error when it is passed.
    package struct Limits: Sendable, Hashable {
        /// How many bytes its files hold together.
        package var totalBytes: Int
        /// How many files, folders and links it has.
        package var entries: Int
        /// How many times its own size the files may hold: more is taken for a bomb. Archives whose files hold less
        /// than `ratioFloor` bytes are not judged by it.
        package var ratio: Int
        /// From how many bytes on the ratio counts.
        package var ratioFloor: Int

        /// AWS Lambda's 250 MB of unzipped code unless said otherwise (Lambda Developer Guide, "Lambda quotas").
        package init(
            totalBytes: Int = 262_144_000, entries: Int = 100_000, ratio: Int = 200, ratioFloor: Int = 16 << 20
        ) {
            self.totalBytes = totalBytes
            self.entries = entries
            self.ratio = ratio
            self.ratioFloor = ratioFloor
        }
    }

    /// Who may read what was expanded.
    package enum Access: Sendable, Hashable {
        /// Whom the archive lets.
        case asStored
        /// Everyone, and run it whom the archive lets its owner: for code that somebody else than its owner runs.
        case everyone
    }

    /// Why an archive was refused.
    package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// What is wrong with it.
        package enum Reason: String, Sendable, Hashable {
            /// It is no archive, is cut off, or is damaged.
            case unreadable
            /// An entry would land outside the folder, through its name or through a link.
            case unsafePath
            /// An entry is neither file, folder nor link.
            case unsupportedEntry
            /// `Limits.totalBytes` was passed.
            case tooLarge
            /// `Limits.entries` was passed.
            case tooManyEntries
            /// `Limits.ratio` was passed.
            case bomb
            /// The folder could not be written.
            case cannotWrite
        }

        /// What is wrong with it.
        package let reason: Reason
        /// The same in words, with the entry's name and the limit's number.
        package let message: String

        init(_ reason: Reason, _ message: String) {
            self.reason = reason
            self.message = message
        }

        /// The message.
        package var description: String { message }
    }

    /// What an archive held.
    package struct Summary: Sendable, Hashable {
        /// How many bytes its files hold together.
        package internal(set) var bytes = 0
        /// How many files, folders and links it has.
        package internal(set) var entries = 0
    }
}
