internal import FoundationEssentials
package import Notation

/// The functions themselves, on values.
extension Evaluator {
    func apply(_ function: Function, _ arguments: [JSON]) throws -> JSON {
        switch function {
        case .join: return try join(arguments, function)
        case .sub: return .string(try texts(arguments, function).joined())
        case .split: return try split(arguments)
        case .select: return try select(arguments)
        case .base64: return .string(Data(try text(arguments[0], function).utf8).base64EncodedString())
        case .getAZs:
            let region = try text(arguments[0], function)
            return .array(zones(region.isEmpty ? values["AWS::Region"]?.string ?? "" : region).map(JSON.string))
        case .cidr: return try cidr(arguments)
        case .length:
            guard let list = arguments[0].array else { throw Failure(message: function.complaint) }
            return .int(list.count)
        case .toJSONString:
            guard arguments[0].object != nil || arguments[0].array != nil else {
                throw Failure(message: function.complaint)
            }
            return .string(arguments[0].text())
        case .findInMap, .importValue: return .null  // answered before they get here
        default: return try judge(function, arguments)
        }
    }

    private func judge(_ function: Function, _ arguments: [JSON]) throws -> JSON {
        switch function {
        case .equals: return .bool(arguments[0].loose == arguments[1].loose)
        case .and: return .bool(try truths(arguments, function).allSatisfy { $0 })
        case .or: return .bool(try truths(arguments, function).contains(true))
        case .not: return .bool(try truths(arguments, function) == [false])
        case .contains: return .bool(try list(arguments[0], function).contains(arguments[1].loose))
        case .eachMemberEquals:
            return .bool(try list(arguments[0], function).allSatisfy { $0 == arguments[1].loose })
        case .eachMemberIn:
            let allowed = Set(try list(arguments[1], function))
            return .bool(try list(arguments[0], function).allSatisfy(allowed.contains))
        case .refAll:
            return .array((parametersByType[try text(arguments[0], function)] ?? []).map(JSON.string))
        case .valueOf, .valueOfAll:
            throw Failure(
                message: "Template error: \(function.rawValue) needs attributes of AWS-specific parameters, which are "
                    + "not supported")
        default: throw Failure(message: function.complaint)
        }
    }

    private func text(_ value: JSON, _ function: Function) throws -> String {
        guard let text = value.scalarText else { throw Failure(message: function.complaint) }
        return text
    }

    private func texts(_ values: [JSON], _ function: Function) throws -> [String] {
        try values.map { try text($0, function) }
    }

    private func list(_ value: JSON, _ function: Function) throws -> [JSON] {
        guard let list = value.array else { throw Failure(message: function.complaint) }
        return list.map(\.loose)
    }

    private func truths(_ values: [JSON], _ function: Function) throws -> [Bool] {
        try values.map { value in
            switch value.scalarText {
            case "true": true
            case "false": false
            default: throw Failure(message: function.complaint)
            }
        }
    }

    private func join(_ arguments: [JSON], _ function: Function) throws -> JSON {
        guard let delimiter = arguments[0].string, let list = arguments[1].array else {
            throw Failure(message: function.complaint)
        }
        return .string(try texts(list, function).joined(separator: delimiter))
    }

    private func split(_ arguments: [JSON]) throws -> JSON {
        guard let delimiter = arguments[0].string, !delimiter.isEmpty, let source = arguments[1].scalarText else {
            throw Failure(message: Function.split.complaint)
        }
        var parts: [JSON] = []
        var rest = Substring(source)
        while let found = rest.firstRange(of: delimiter) {
            parts.append(.string(String(rest[..<found.lowerBound])))
            rest = rest[found.upperBound...]
        }
        return .array(parts + [.string(String(rest))])
    }

    private func select(_ arguments: [JSON]) throws -> JSON {
        guard let list = arguments[1].array else { throw Failure(message: Function.select.complaint) }
        return try element(at: arguments[0], of: list.map { .value($0) }).literal ?? .null
    }

    private func cidr(_ arguments: [JSON]) throws -> JSON {
        let numbers = arguments.dropFirst().map { $0.int ?? $0.string.flatMap { Int($0.trimmed) } }
        guard let block = arguments[0].string, let count = numbers[0] else {
            throw Failure(message: Function.cidr.complaint)
        }
        guard let network = IPNetwork(block) else {
            throw Failure(message: "Template error: Fn::Cidr: \(block) is not a valid CIDR block")
        }
        // Without the third parameter a subnet has as many addresses as AWS's example: a /24 or a /64.
        let bits = numbers.count > 1 ? numbers[1] : (network.width == 32 ? 8 : 64)
        guard let bits, bits >= 0, (1...256).contains(count) else {
            throw Failure(message: "Template error: Fn::Cidr: count must be 1 to 256 and cidrBits a whole number")
        }
        guard let subnets = network.subnets(count: count, hostBits: bits) else {
            throw Failure(message: "Template error: Fn::Cidr: \(count) CIDRs with \(bits) bits do not fit \(block)")
        }
        return .array(subnets.map(JSON.string))
    }
}

extension JSON {
    /// The value with every scalar as text: how CloudFormation compares.
    package var loose: JSON {
        switch self {
        case .null, .string: self
        case .bool, .int, .double: .string(scalarText ?? "")
        case .array(let elements): .array(elements.map(\.loose))
        case .object(let members): .object(members.mapValues { $0.loose })
        }
    }
}
