/// The units a metric may carry. Source: Amazon CloudWatch API Reference, MetricDatum.
enum Unit {
    static let none = "None"
    static let names: Set<String> = {
        let sizes = ["Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes"]
        let amounts = sizes + ["Bits", "Kilobits", "Megabits", "Gigabits", "Terabits", "Count"]
        return Set(
            amounts + amounts.map { $0 + "/Second" } + ["Seconds", "Microseconds", "Milliseconds", "Percent", none])
    }()
}
