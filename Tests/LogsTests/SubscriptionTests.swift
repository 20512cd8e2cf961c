import Cloud
import CloudTesting
import Foundation
import HTTP
import Ledger
import LedgerTesting
import Notation
import Synchronization
import Testing

@testable import Logs

@Suite("Subscription filters")
struct SubscriptionTests {
    @Test("bring matching events to a function as AWS packs them, and leave nothing behind")
    func delivers() async throws {
        let function = OneFunction()
        var service: LogsService?
        try await withTestCloud(Surroundings(time: VirtualTime(now: Timestamp(seconds: 1_750_000_000)))) {
            cloud, ledger in
            let made = LogsService(cloud: cloud, ledger: ledger, metrics: RecordedMetrics())
            service = made
            return [made, function]
        } _: { test in
            try await test.make("g", ["s"])
            let arn = "arn:aws:lambda:eu-west-1:123456789012:function:"
            let filter: JSON = [
                "logGroupName": "g", "filterName": "all", "filterPattern": "ERROR",
                "destinationArn": .string(arn + "f"),
            ]
            var wrong = filter
            wrong["destinationArn"] = .string(arn + "gone")
            #expect(try await test.refusal("logs", "PutSubscriptionFilter", wrong)?.code == "InvalidParameterException")
            try await test.call("logs", "PutSubscriptionFilter", filter)
            try await withRunning(try #require(service).services) {
                try await test.put("g", "s", [(0, "ERROR one"), (1, "fine"), (2, "ERROR two")])
                let payload = try await eventually("the function is invoked") {
                    function.payloads.withLock { $0.first }
                }
                let packed = try #require(Data(base64Encoded: payload["awslogs"]?["data"]?.string ?? ""))
                let message = try JSON(parsing: try gunzip([UInt8](packed)))
                #expect(
                    message["messageType"] == "DATA_MESSAGE" && message["logGroup"] == "g"
                        && message["subscriptionFilters"] == ["all"])
                #expect(
                    message["logEvents"]?.array?.compactMap { $0["message"]?.string } == ["ERROR one", "ERROR two"])
                let stream = try #require(try await test.ledger.list(Collections.streams).first?.value)
                let runner = try #require(service?.services.compactMap { $0 as? MachineRunner<LogDelivery> }.first)
                try await eventually("the delivery is forgotten") {
                    try await runner.machine(LogDelivery.id(stream, "all", first: 0, place: 0)) == nil ? true : nil
                }
            }
        }
    }

    /// What the system's own gunzip makes of the bytes.
    private func gunzip(_ bytes: [UInt8]) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        input.fileHandleForWriting.write(Data(bytes))
        try input.fileHandleForWriting.close()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return [UInt8](data)
    }

    @Test("pack any number of bytes so that gzip reads them back", arguments: [0, 1, 65_535, 65_536, 200_000])
    func gzip(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        // Small enough not to fill the pipe, or read back in order.
        guard count <= 60_000 else {
            let packed = Gzip.stored(bytes)
            return #expect(packed.count == count + 18 + 5 * ((count + 65_534) / 65_535))
        }
        #expect(try gunzip(Gzip.stored(bytes)) == bytes)
    }
}
