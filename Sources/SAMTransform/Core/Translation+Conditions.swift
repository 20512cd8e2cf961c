import Notation

extension Translation {
    /// Adds a condition to the template.
    func addCondition(_ name: String, _ value: JSON) {
        var all = conditions ?? [:]
        all[name] = value
        conditions = all
    }
}
