import Pipeline

/// A header field of a request or an answer.
public struct HeaderField: Sendable, Equatable {
  /// In lower case.
  public var name: String
  public var value: String

  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

extension HeaderField {
  /// The routing headers of a successful answer that an engine gives under this plan.
  ///
  /// - Parameter withDebug: the client asks for the matched signals too.
  static func fields(for plan: RoutePlan, withDebug: Bool) -> [HeaderField] {
    var fields: [HeaderField] = []
    RouteHeaders.forEach(plan, isSuccess: true, withDebug: withDebug) { name, value in
      fields.append(HeaderField(name: "\(name)", value: value))
    }
    return fields
  }
}
