/// A place inside a ``JSON`` tree, from the root down.
package struct Path: Sendable, Hashable, CustomStringConvertible {
    /// One step down.
    package enum Step: Sendable, Hashable {
        /// To an object's member.
        case key(String)
        /// To a list's element, counted from 0.
        case index(Int)
    }

    /// The last step, and the place it starts from: a place and those below it share the way down.
    private final class Link: Sendable {
        let step: Step
        let parent: Link?

        init(_ step: Step, below parent: Link?) {
            self.step = step
            self.parent = parent
        }
    }

    private var last: Link?

    /// The place those steps lead to; none is the root.
    package init(_ steps: [Step] = []) {
        for step in steps { last = Link(step, below: last) }
    }

    /// The steps, first from the root.
    package var steps: [Step] {
        var steps: [Step] = []
        var link = last
        while let here = link {
            steps.append(here.step)
            link = here.parent
        }
        return steps.reversed()
    }

    /// Whether this is the root.
    package var isRoot: Bool { last == nil }

    /// The place one step above; the root's is the root.
    package var parent: Path {
        var path = self
        path.last = last?.parent
        return path
    }

    private func appending(_ step: Step) -> Path {
        var path = self
        path.last = Link(step, below: last)
        return path
    }

    /// The member of that name below this place.
    package func appending(_ key: String) -> Path { appending(.key(key)) }
    /// The element at that place below this place.
    package func appending(_ index: Int) -> Path { appending(.index(index)) }

    package static func == (left: Path, right: Path) -> Bool {
        var (one, other) = (left.last, right.last)
        while let here = one, let there = other {
            if here === there { return true }
            guard here.step == there.step else { return false }
            (one, other) = (here.parent, there.parent)
        }
        return one == nil && other == nil
    }

    package func hash(into hasher: inout Hasher) {
        var link = last
        while let here = link {
            hasher.combine(here.step)
            link = here.parent
        }
    }

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
