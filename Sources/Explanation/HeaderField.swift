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
  /// The routing headers of a successful answer under this plan.
  ///
  /// - Parameter withDebug: the client asks for the matched signals too.
  static func fields(for plan: RoutePlan, withDebug: Bool) -> [HeaderField] {
    var fields: [HeaderField] = []
    func add(_ name: StaticString, _ value: String) { fields.append(HeaderField(name: "\(name)", value: value)) }
    if plan.selection?.fastResponse != nil {
      RouteHeaders.forEachOfOwnAnswer(plan, withDebug: withDebug, add)
    } else {
      RouteHeaders.forEach(plan, isSuccess: true, withDebug: withDebug, add)
    }
    return fields
  }
}
