internal import CLibYAML

/// Turns libyaml's events into a tree, one document at most.
struct YAMLComposer {
    let rules: YAML
    var marks: [Path: Mark]?
    private var anchors: [String: (value: JSON, size: Int)] = [:]
    private var count = 0
    private var depth = 0

    init(rules: YAML, marks: [Path: Mark]?) {
        self.rules = rules
        self.marks = marks
    }

    mutating func document(_ text: String) throws -> JSON {
        var text = text
        return try text.withUTF8 { bytes in
            let reader = try YAMLEventReader(bytes)
            defer { reader.close() }
            while true {
                var event = try reader.next()
                defer { yaml_event_delete(&event) }
                switch event.type {
                case YAML_STREAM_END_EVENT: return .null
                case YAML_STREAM_START_EVENT, YAML_DOCUMENT_START_EVENT: continue
                default: return try value(&event, reader, at: Path())
                }
            }
        }
    }

    private mutating func next(_ reader: YAMLEventReader, at path: Path) throws -> JSON? {
        var event = try reader.next()
        defer { yaml_event_delete(&event) }
        if event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT { return nil }
        return try value(&event, reader, at: path)
    }

    private mutating func value(_ event: inout yaml_event_t, _ reader: YAMLEventReader, at path: Path) throws -> JSON {
        let mark = Mark(event.start_mark)
        if marks != nil, marks?[path] == nil { marks?[path] = mark }
        let before = count
        try charge(1, mark)
        switch event.type {
        case YAML_ALIAS_EVENT:
            let name = String(cString: event.data.alias.anchor)
            guard let known = anchors[name] else {
                throw YAMLError(message: "found undefined alias '\(name)'", mark: mark)
            }
            try charge(known.size, mark)
            return known.value
        case YAML_SCALAR_EVENT:
            let value = try scalar(event, mark)
            remember(event.data.scalar.anchor, value, size: count - before)
            return value
        case YAML_SEQUENCE_START_EVENT:
            let (anchor, tag) = (event.data.sequence_start.anchor, event.data.sequence_start.tag)
            let value = try tagged(tag, try sequence(reader, at: path, mark), mark)
            remember(anchor, value, size: count - before)
            return value
        case YAML_MAPPING_START_EVENT:
            let (anchor, tag) = (event.data.mapping_start.anchor, event.data.mapping_start.tag)
            let value = try tagged(tag, .object(try mapping(reader, at: path, mark)), mark)
            remember(anchor, value, size: count - before)
            return value
        default:
            throw YAMLError(message: "unexpected end of the document", mark: mark)
        }
    }

    private mutating func charge(_ values: Int, _ mark: Mark) throws {
        count += values
        guard count <= rules.valueLimit else {
            throw YAMLError(message: "the text unfolds to more than \(rules.valueLimit) values", mark: mark)
        }
    }

    private mutating func remember(_ anchor: UnsafeMutablePointer<UInt8>?, _ value: JSON, size: Int) {
        if let anchor { anchors[String(cString: anchor)] = (value, size) }
    }

    private mutating func descend(_ mark: Mark) throws {
        depth += 1
        guard depth <= rules.depthLimit else {
            throw YAMLError(message: "nested deeper than \(rules.depthLimit) levels", mark: mark)
        }
    }

    private mutating func sequence(_ reader: YAMLEventReader, at path: Path, _ mark: Mark) throws -> JSON {
        try descend(mark)
        defer { depth -= 1 }
        var elements: [JSON] = []
        while let element = try next(reader, at: marks == nil ? path : path.appending(elements.count)) {
            elements.append(element)
        }
        return .array(elements)
    }

    private mutating func mapping(_ reader: YAMLEventReader, at path: Path, _ mark: Mark) throws -> JSONObject {
        try descend(mark)
        defer { depth -= 1 }
        var object = JSONObject()
        object.reserveCapacity(4)
        var merged: [JSONObject] = []
        while true {
            guard let (key, keyMark, isMerge) = try key(reader) else { break }
            let below = marks == nil ? path : path.appending(key)
            if marks != nil { marks?[below] = keyMark }
            guard let value = try next(reader, at: below) else {
                throw YAMLError(message: "a key without a value", mark: keyMark)
            }
            if isMerge {
                merged += try merges(value, keyMark)
            } else if !object.insert(key, value) {
                if rules.refusesDuplicateKeys { throw YAMLError(message: "duplicate key '\(key)'", mark: keyMark) }
                object[key] = value
            }
        }
        for other in merged {
            for (key, value) in other where !object.contains(key) { object[key] = value }
        }
        return object
    }

    /// The next key of a mapping as text; nil at the mapping's end.
    private mutating func key(_ reader: YAMLEventReader) throws -> (String, Mark, isMerge: Bool)? {
        var event = try reader.next()
        defer { yaml_event_delete(&event) }
        let mark = Mark(event.start_mark)
        if event.type == YAML_MAPPING_END_EVENT { return nil }
        guard event.type == YAML_SCALAR_EVENT || event.type == YAML_ALIAS_EVENT else {
            throw YAMLError(message: "found unhashable key: a key must be a plain value", mark: mark)
        }
        if event.type == YAML_SCALAR_EVENT, event.data.scalar.plain_implicit != 0, event.data.scalar.length == 2,
            text(event) == "<<"
        {
            return ("<<", mark, true)
        }
        switch try value(&event, reader, at: Path()) {
        case .string(let key): return (key, mark, false)
        case .null: return ("null", mark, false)
        case .bool, .int, .double: return (event.type == YAML_SCALAR_EVENT ? keyText(event) : "", mark, false)
        case .array, .object: throw YAMLError(message: "found unhashable key: a key must be a plain value", mark: mark)
        }
    }

    /// A key that is a number or truth value, as Python's JSON writer names it.
    private func keyText(_ event: yaml_event_t) -> String {
        YAMLScalar.resolve(text(event)).text()
    }

    private func merges(_ value: JSON, _ mark: Mark) throws -> [JSONObject] {
        if let object = value.object { return [object] }
        if let list = value.array {
            return try list.map {
                guard let object = $0.object else {
                    throw YAMLError(message: "only mappings can be merged", mark: mark)
                }
                return object
            }
        }
        throw YAMLError(message: "only mappings can be merged", mark: mark)
    }

    private func text(_ event: yaml_event_t) -> String {
        let scalar = event.data.scalar
        return String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
    }

    private func scalar(_ event: yaml_event_t, _ mark: Mark) throws -> JSON {
        let text = text(event)
        if let tag = event.data.scalar.tag {
            let name = String(cString: tag)
            if name == "!" { return .string(text) }
            if let core = YAMLScalar.resolve(text, coreTag: name) { return core }
            return try tagged(event.data.scalar.tag, .string(text), mark)
        }
        guard event.data.scalar.plain_implicit != 0 else { return .string(text) }
        let value = YAMLScalar.resolve(text)
        return rules.resolvesScalars || value.isNull ? value : .string(text)
    }

    private func tagged(_ tag: UnsafeMutablePointer<UInt8>?, _ value: JSON, _ mark: Mark) throws -> JSON {
        guard let tag else { return value }
        let name = String(cString: tag)
        if name == "!" || name.hasPrefix("tag:yaml.org,2002:") { return value }
        guard rules.tags == .cloudFormation, name.hasPrefix("!"), name.count > 1 else {
            throw YAMLError(message: "could not determine a constructor for the tag '\(name)'", mark: mark)
        }
        let function = String(name.dropFirst())
        switch function {
        case "Ref", "Condition": return .object([function: value])
        case "GetAtt":
            guard case .string(let text) = value, let dot = text.firstIndex(of: ".") else {
                return .object(["Fn::GetAtt": value])
            }
            return .object([
                "Fn::GetAtt": [.string(String(text[..<dot])), .string(String(text[text.index(after: dot)...]))]
            ])
        default: return .object(["Fn::\(function)": value])
        }
    }
}

/// libyaml's parser over bytes that outlive it.
private struct YAMLEventReader {
    private let parser: UnsafeMutablePointer<yaml_parser_t>

    init(_ bytes: UnsafeBufferPointer<UInt8>) throws {
        parser = .allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            throw YAMLError(message: "out of memory", mark: Mark(line: 1, column: 1))
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    func close() {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    /// The next event, to be given to `yaml_event_delete` by the caller.
    func next() throws -> yaml_event_t {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else {
            let problem = parser.pointee.problem.map { String(cString: $0) } ?? "not YAML"
            let context = parser.pointee.context.map { String(cString: $0) + ", " } ?? ""
            throw YAMLError(message: context + problem, mark: Mark(parser.pointee.problem_mark))
        }
        return event
    }
}

extension Mark {
    fileprivate init(_ mark: yaml_mark_t) { self.init(line: mark.line + 1, column: mark.column + 1) }
}
