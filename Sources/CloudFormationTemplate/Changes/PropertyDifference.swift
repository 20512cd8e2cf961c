package import Notation

/// One property, or part of one, that differs between what a resource is and what it shall be.
package struct PropertyDifference: Sendable, Hashable {
    /// What happens to the value.
    package enum Kind: String, Sendable, Hashable {
        case add = "Add"
        case remove = "Remove"
        case modify = "Modify"
    }

    /// What happens to the value.
    package let kind: Kind
    /// The steps from `Properties` down, list positions as numbers.
    package let steps: [String]
    /// The value there is; nil when there is none.
    package let before: JSON?
    /// The value there shall be; nil when there shall be none.
    package let after: JSON?

    /// The property's own name, the first step.
    package var property: String { steps.first ?? "" }
    /// The place as change sets write it, such as `/Properties/Environment/Variables/STAGE`.
    package var path: String { "/Properties/" + steps.joined(separator: "/") }

    /// Every difference between two sets of properties: members one by one, lists element by element.
    ///
    /// Scalars are compared as CloudFormation does, by their texts: `true` equals `"true"`.
    package static func all(from before: JSON, to after: JSON) -> [PropertyDifference] {
        var found: [PropertyDifference] = []
        compare(before, after, [], into: &found)
        return found
    }

    private static func compare(
        _ before: JSON, _ after: JSON, _ steps: [String], into found: inout [PropertyDifference]
    ) {
        switch (before, after) {
        case (.object(let old), .object(let new)):
            for (name, value) in old {
                guard let other = new[name] else {
                    found.append(.init(kind: .remove, steps: steps + [name], before: value, after: nil))
                    continue
                }
                compare(value, other, steps + [name], into: &found)
            }
            for (name, value) in new where !old.contains(name) {
                found.append(.init(kind: .add, steps: steps + [name], before: nil, after: value))
            }
        case (.array(let old), .array(let new)):
            for index in 0..<max(old.count, new.count) {
                let place = steps + [String(index)]
                if index >= old.count {
                    found.append(.init(kind: .add, steps: place, before: nil, after: new[index]))
                } else if index >= new.count {
                    found.append(.init(kind: .remove, steps: place, before: old[index], after: nil))
                } else {
                    compare(old[index], new[index], place, into: &found)
                }
            }
        default:
            if before.loose != after.loose {
                found.append(.init(kind: .modify, steps: steps, before: before, after: after))
            }
        }
    }
}

extension ReplacementRules {
    /// The gravest effect among those differences; nil when there is none.
    package func effect(of differences: [PropertyDifference]) -> Effect? {
        differences.map { effect(of: $0.steps) }.max()
    }
}
