/// One flag: its name, its meaning and how its value enters ``EngineSimulatorOptions``. The table ``all`` lists them all;
/// the parser, the help text and the documentation's table are made from it or checked against it.
struct OptionDefinition: Sendable {
  /// Which generation of the original has the flag.
  enum Availability: String, Sendable {
    case both
    case v050 = "v0.5.0"
    case latest
    /// Not in the original at all.
    case switchyard = "ours"
  }

  /// How many arguments the flag takes.
  enum Arity: Sendable {
    /// None; `--flag=false` turns it off.
    case flag
    case one
    /// All arguments until the next `--`.
    case list
  }

  /// What happens when a flag is used whose feature this build has not got.
  enum Absence: Sendable {
    case refuse(String)
    case warn(String)
  }

  let name: String
  let arity: Arity
  let availability: Availability
  let defaultText: String
  let help: String
  let absence: Absence?
  let apply: @Sendable (inout EngineSimulatorOptions, OptionInput) throws(OptionError) -> Void

  private typealias Options = EngineSimulatorOptions
  typealias Path<Value> = WritableKeyPath<EngineSimulatorOptions, Value> & Sendable

  private static let defaults = EngineSimulatorOptions(model: "")

  static func integer(
    _ name: String, _ path: Path<Int>, in range: ClosedRange<Int>, _ availability: Availability, _ help: String,
    defaultText: String? = nil, absence: Absence? = nil
  ) -> OptionDefinition {
    OptionDefinition(
      name: name, arity: .one, availability: availability, defaultText: defaultText ?? String(defaults[keyPath: path]),
      help: help, absence: absence
    ) { options, input throws(OptionError) in options[keyPath: path] = try input.integer(in: range) }
  }

  static func number(
    _ name: String, _ path: Path<Double>, in range: ClosedRange<Double>, _ availability: Availability, _ help: String
  ) -> OptionDefinition {
    OptionDefinition(
      name: name, arity: .one, availability: availability, defaultText: String(defaults[keyPath: path]), help: help,
      absence: nil
    ) { options, input throws(OptionError) in options[keyPath: path] = try input.number(in: range) }
  }

  static func duration(
    _ name: String, _ path: Path<Double>, _ availability: Availability, _ help: String, absence: Absence? = nil
  ) -> OptionDefinition {
    OptionDefinition(
      name: name, arity: .one, availability: availability,
      defaultText: GoDuration.text(milliseconds: defaults[keyPath: path]), help: help, absence: absence
    ) { options, input throws(OptionError) in options[keyPath: path] = try input.milliseconds() }
  }

  static func text(
    _ name: String, _ path: Path<String>, _ availability: Availability, _ help: String, absence: Absence? = nil
  ) -> OptionDefinition {
    OptionDefinition(
      name: name, arity: .one, availability: availability, defaultText: defaults[keyPath: path], help: help,
      absence: absence
    ) { options, input throws(OptionError) in options[keyPath: path] = try input.text() }
  }

  static func flag(
    _ name: String, _ path: Path<Bool>, _ availability: Availability, _ help: String, sets value: Bool = true,
    absence: Absence? = nil
  ) -> OptionDefinition {
    OptionDefinition(
      name: name, arity: .flag, availability: availability, defaultText: "false", help: help, absence: absence
    ) { options, input throws(OptionError) in
      let on = try input.boolean()
      options[keyPath: path] = on ? value : !value
    }
  }

  static func choice<Value: RawRepresentable & CaseIterable & Sendable>(
    _ name: String, _ path: Path<Value>, _ availability: Availability, _ help: String
  ) -> OptionDefinition where Value.RawValue == String {
    OptionDefinition(
      name: name, arity: .one, availability: availability, defaultText: defaults[keyPath: path].rawValue, help: help,
      absence: nil
    ) { options, input throws(OptionError) in
      let text = try input.text()
      guard let value = Value(rawValue: text) else {
        let names = Value.allCases.map(\.rawValue).filter { !$0.isEmpty }.joined(separator: ", ")
        throw OptionError("\(input.place): \"\(text)\" is not one of \(names)")
      }
      options[keyPath: path] = value
    }
  }

  /// Accepted for compatibility; has no effect, as in the original.
  static func ignored(_ name: String, arity: Arity, _ availability: Availability, _ help: String) -> OptionDefinition {
    OptionDefinition(
      name: name, arity: arity, availability: availability, defaultText: "", help: help, absence: nil
    ) { _, _ throws(OptionError) in }
  }

  static func custom(
    _ name: String, _ arity: Arity, _ availability: Availability, default defaultText: String, _ help: String,
    absence: Absence? = nil,
    _ apply: @escaping @Sendable (inout EngineSimulatorOptions, OptionInput) throws(OptionError) -> Void
  ) -> OptionDefinition {
    OptionDefinition(
      name: name, arity: arity, availability: availability, defaultText: defaultText, help: help, absence: absence,
      apply: apply)
  }

  static func named(_ name: String) -> OptionDefinition? {
    byName[name]
  }

  private static let byName = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
}
