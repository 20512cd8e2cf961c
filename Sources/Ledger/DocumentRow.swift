internal import Foundation
internal import GRDB
internal import Notation

/// A document as it is stored.
struct DocumentRow: Sendable {
    let key: String
    let version: Int
    let body: Data

    private init(_ row: Row) {
        key = row[0]
        version = row[1]
        body = row[2]
    }

    static func fetch(_ db: Database, _ collection: String, _ key: String) throws -> DocumentRow? {
        let statement = try db.cachedStatement(
            sql: "SELECT key, version, body FROM document WHERE collection = ? AND key = ?")
        return try Row.fetchOne(statement, arguments: [collection, key]).map(DocumentRow.init)
    }

    static func list(
        _ db: Database, _ collection: String, prefix: String, after: String, limit: Int
    ) throws -> [DocumentRow] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT key, version, body FROM document
                WHERE collection = ? AND key >= ? AND key < ? AND key > ? ORDER BY key LIMIT ?
                """)
        let arguments: StatementArguments = [collection, prefix, prefix + "\u{10FFFF}", after, limit]
        return try Row.fetchAll(statement, arguments: arguments).map(DocumentRow.init)
    }

    static func find(
        _ db: Database, _ collection: String, _ lookup: String, _ value: String, after: String, limit: Int
    ) throws -> [DocumentRow] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT document.key, document.version, document.body FROM lookup
                JOIN document ON document.collection = lookup.collection AND document.key = lookup.key
                WHERE lookup.collection = ? AND lookup.name = ? AND lookup.value = ? AND lookup.key > ?
                ORDER BY lookup.key LIMIT ?
                """)
        return try Row.fetchAll(statement, arguments: [collection, lookup, value, after, limit]).map(DocumentRow.init)
    }

    func document<Value: Codable>(_ collection: String) throws -> Document<Value> {
        do {
            let tree = try body.withUnsafeBytes { try JSON(parsing: $0) }
            return Document(key: key, version: version, value: try tree.decode(Value.self))
        } catch {
            throw LedgerError(
                .unreadable, "The document '\(key)' of '\(collection)' cannot be read by this version: \(error)")
        }
    }
}
