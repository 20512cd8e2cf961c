internal import Cloud
internal import Ledger
internal import Logging
internal import Notation

/// Reads the log into the book: from where it stopped last, each event once.
///
/// The book in memory is always a few events ahead of what is kept. Entries and the place up to which the log was read
/// are kept in
/// one write, so a crash loses nothing and counts nothing twice: what was not kept is read again.
actor LogReader {
    /// The reader's name in the ledger.
    static let name = "dora"
    /// After so many events without news the place alone is kept.
    static let idle: Int64 = 5000

    private let ledger: Ledger
    private var current: Book?
    private var place: Int64 = 0
    private var keptPlace: Int64 = 0
    private var touched: Set<Book.Entry> = []

    init(_ ledger: Ledger) { self.ledger = ledger }

    /// The book with every event that is in the log by now.
    ///
    /// - Throws: `LedgerError` when the ledger cannot be read.
    func book() async throws -> Book {
        try await open()
        let last = ledger.lastSequence
        while place < last { _ = try await readOn() }
        return current ?? Book()
    }

    /// Reads what was kept, once.
    private func open() async throws {
        guard current == nil else { return }
        let (book, from) = (try await Book.load(ledger), try await ledger.cursor(Self.name))
        guard current == nil else { return }  // somebody else was quicker meanwhile
        (current, place, keptPlace) = (book, from, from)
    }

    /// Reads the next page of the log. Says whether there was one.
    private func readOn() async throws -> Bool {
        let from = place
        let page = try await ledger.events(after: from)
        guard place == from else { return true }  // another call has read it meanwhile
        guard let last = page.last else { return false }
        for logged in page { current?.read(logged.event) }
        place = last.sequence
        if let changed = current?.takeTouched() { touched.formUnion(changed) }
        return true
    }

    /// Keeps what has changed. Called by one task alone.
    ///
    /// - Returns: The place in the log up to which nothing is left to keep. Others may have read further meanwhile.
    func keep() async throws -> Int64 {
        try await open()
        let until = place
        guard let book = current, !touched.isEmpty || until - keptPlace >= Self.idle else { return until }
        let entries = touched
        touched = []
        do {
            try await ledger.write { transaction in
                try book.keep(entries, transaction)
                try transaction.setCursor(Self.name, until)
            }
            keptPlace = until
            return until
        } catch {
            touched.formUnion(entries)
            throw error
        }
    }
}
