/// A place inside a ``JSON`` tree, from the root down.
package struct Path: Sendable, Hashable, CustomStringConvertible {
    /// One step down.
    package enum Step: Sendable, Hashable {
        /// To an object's member.
        case key(String)
        /// To a list's element, counted from 0.
        case index(Int)
    }

    /// The steps, first from the root.
    package var steps: [Step]

    /// The place those steps lead to; none is the root.
    package init(_ steps: [Step] = []) { self.steps = steps }

    /// The member of that name below this place.
    package func appending(_ key: String) -> Path { Path(steps + [.key(key)]) }
    /// The element at that place below this place.
    package func appending(_ index: Int) -> Path { Path(steps + [.index(index)]) }

    /// The place in words, such as `Resources.Orders.Properties.Tags[0]`.
    package var description: String {
        var text = ""
        for step in steps {
            switch step {
            case .key(let key): text += text.isEmpty ? key : "." + key
            case .index(let index): text += "[\(index)]"
            }
        }
        return text
    }
}

extension Path: ExpressibleByArrayLiteral, ExpressibleByStringLiteral {
    /// A place given by member names alone.
    package init(arrayLiteral elements: String...) { self.init(elements.map(Step.key)) }
    /// A place given by member names with dots between; names that contain dots need the other initialisers.
    package init(stringLiteral value: String) {
        self.init(value.split(separator: ".").map { .key(String($0)) })
    }
}

extension JSON {
    /// The value at that place; nil when there is none.
    package subscript(path: Path) -> JSON? {
        var value: JSON = self
        for step in path.steps {
            let below: JSON? =
                switch step {
                case .key(let key): value[key]
                case .index(let index): value[index]
                }
            guard let below else { return nil }
            value = below
        }
        return value
    }
}
