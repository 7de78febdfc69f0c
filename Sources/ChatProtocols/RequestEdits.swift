import JSONText

/// The edits of one request body, gathered and then carried out at once as byte splices.
///
/// Edits compose: what counts is the body as the earlier edits left it, so a member may be removed, set again and
/// merged into. Only the bytes of what is edited change; the rest, unknown members included, stays as it was sent.
/// Whatever the edits, the result is valid JSON.
///
/// Where the body repeats a name, the last one counts: setting it changes the last one, removing it removes them all.
public struct RequestEdits: Sendable {
  /// The facts of the body as it was sent.
  public let facts: RequestFacts
  private var members: [MemberEdit] = []
  private var systemPrompt: SystemPromptEdit?

  /// No edits, of the body that the facts were made from.
  public init(_ facts: RequestFacts) { self.facts = facts }

  /// No edit was made.
  public var isEmpty: Bool { members.isEmpty && systemPrompt == nil }

  // MARK: Making edits

  /// Asks for another model.
  public mutating func setModel(_ name: String) {
    setTopLevel("model", to: .string(name))
  }

  /// Gives a member of the body a value: in place if the body has it, else behind the last member.
  public mutating func setTopLevel(_ key: String, to value: JSONFragment) {
    edit(key) { edit in
      edit.base = .set(value)
      edit.merged = []
    }
    if key == "messages" { systemPrompt = nil }
  }

  /// Removes every member of that name from the body.
  public mutating func removeTopLevel(_ key: String) {
    edit(key) { edit in
      edit.base = .removed
      edit.merged = []
    }
    if key == "messages" { systemPrompt = nil }
  }

  /// Gives a member of an object that is a member of the body a value, leaving the object's other members. An object
  /// that is missing, null or no object is replaced by one with just this member.
  public mutating func setNested(_ object: String, _ key: String, to value: JSONFragment) {
    edit(object) { edit in
      if edit.base == .removed { edit.base = .set(.emptyObject) }
      if let index = edit.merged.firstIndex(where: { $0.key == key }) {
        edit.merged[index].value = value
      } else {
        edit.merged.append(NestedMember(key: key, value: value))
      }
    }
    if object == "messages" { systemPrompt = nil }
  }

  /// Sets an argument of the chat template, in `chat_template_kwargs`.
  public mutating func setChatTemplateArgument(_ key: String, to value: JSONFragment) {
    setNested("chat_template_kwargs", key, to: value)
  }

  /// Puts a system prompt into a chat request.
  ///
  /// If the first message is a system message, its content becomes the prompt, or, with ``SystemPromptMode/insert``,
  /// the prompt, an empty line and the text it had (text parts are joined by line ends; a content without text adds
  /// nothing). Otherwise a system message is put before the first message. Other messages are not touched.
  ///
  /// - Returns: whether it was done; false for a body without messages.
  @discardableResult
  public mutating func applySystemPrompt(_ prompt: String, mode: SystemPromptMode) -> Bool {
    guard hasMessages else { return false }
    switch (mode, systemPrompt) {
    case (.replace, _): systemPrompt = SystemPromptEdit(prompt: prompt, keepsText: false)
    case (.insert, nil): systemPrompt = SystemPromptEdit(prompt: prompt, keepsText: true)
    case (.insert, let earlier?):
      systemPrompt = SystemPromptEdit(
        prompt: prompt + "\n\n" + earlier.prompt, keepsText: earlier.keepsText)
    }
    return true
  }

  private var hasMessages: Bool {
    guard facts.endpoint == .chatCompletions else { return false }
    guard let edit = members.first(where: { $0.key == "messages" }) else { return true }
    guard edit.merged.isEmpty, case .set(let value) = edit.base else { return false }
    return value.isArray
  }

  private mutating func edit(_ key: String, _ change: (inout MemberEdit) -> Void) {
    if let index = members.firstIndex(where: { $0.key == key }) {
      change(&members[index])
    } else {
      var edit = MemberEdit(key: key)
      change(&edit)
      members.append(edit)
    }
  }

  // MARK: Carrying them out

  /// The edits as splices of the body.
  ///
  /// Cost: linear in members times edits, and in the values that are merged into.
  ///
  /// - Parameters:
  ///   - body: the bytes the facts were made from; others are a programming error and may trap.
  ///   - model: asked for instead of the one that the body names; nil leaves it. It must have been left alone by the
  ///     edits.
  public func splices(on body: UnsafeRawBufferPointer, model: JSONFragment? = nil) -> ByteSplices {
    precondition(
      body.count == facts.bodyLength, "the body is not the one that the facts were made from")
    // The model, the system prompt, and one behind the last member.
    var splices = ByteSplices(capacity: members.count + 3)
    // Of every member whether it goes; empty as long as none does.
    var removed: [Bool] = []
    var appended: [NestedMember] = []
    if let model { splices.replace(facts.modelRange, with: model.bytes) }
    for edit in members {
      let last = facts.members.lastIndex { isNamed($0.key, edit.key, in: body) }
      switch edit.base {
      case .removed:
        guard let last else { continue }
        if removed.isEmpty { removed = [Bool](repeating: false, count: facts.members.count) }
        for place in 0...last where isNamed(facts.members[place].key, edit.key, in: body) { removed[place] = true }
      case .set(let value):
        let value = finished(value, edit)
        if let last {
          splices.replace(facts.members[last].value.range, with: value.bytes)
        } else {
          appended.append(NestedMember(key: edit.key, value: value))
        }
      case .kept:
        guard let last else {
          appended.append(NestedMember(key: edit.key, value: edit.mergedObject))
          continue
        }
        let value = facts.members[last].value
        if value.kind == .object {
          ObjectMerge.splice(edit.merged, intoObjectAt: value.range.lowerBound, of: body, &splices)
        } else {
          splices.replace(value.range, with: edit.mergedObject.bytes)
        }
      }
    }
    if let systemPrompt, !members.contains(where: { $0.key == "messages" }),
      let messages = facts.member(.messages)
    {
      systemPrompt.splice(
        firstMessage: facts.messages.first, arrayAt: messages.value.range.lowerBound, of: body,
        &splices)
    }
    spliceMembers(removed: removed, appended: appended, &splices)
    return splices
  }

  /// The edited body.
  public func apply(to body: [UInt8]) -> [UInt8] {
    body.withUnsafeBytes { splices(on: $0).apply(to: $0) }
  }

  /// The value that replaces a member: with what is merged into it, and the system prompt if it is the messages.
  private func finished(_ value: JSONFragment, _ edit: MemberEdit) -> JSONFragment {
    if !edit.merged.isEmpty {
      return value.isObject
        ? value.spliced { ObjectMerge.splice(edit.merged, intoObjectAt: 0, of: $0, &$1) }
        : edit.mergedObject
    }
    guard edit.key == "messages", let systemPrompt else { return value }
    return value.spliced { bytes, splices in
      var first: MessageFacts?
      checked { () throws(JSONError) in
        var cursor = JSONCursor(bytes)
        first = try MessageScan.scan(&cursor, in: bytes, limit: 1).messages.first
      }
      systemPrompt.splice(firstMessage: first, arrayAt: 0, of: bytes, &splices)
    }
  }

  /// Takes members out, each with one comma, and appends others.
  ///
  /// A member goes together with the comma before it if a member that stays comes before, else with the comma behind
  /// it.
  private func spliceMembers(
    removed: [Bool], appended: [NestedMember], _ splices: inout ByteSplices
  ) {
    guard !removed.isEmpty || !appended.isEmpty else { return }
    let members = facts.members
    var staying = 0
    for index in members.indices {
      guard !removed.isEmpty, removed[index] else {
        staying += 1
        continue
      }
      let start = members[index].key.range.lowerBound
      let end = members[index].value.range.upperBound
      if staying > 0 {
        splices.remove(members[index - 1].value.range.upperBound..<end)
      } else if index + 1 < members.count {
        splices.remove(start..<members[index + 1].key.range.lowerBound)
      } else {
        splices.remove(start..<end)
      }
    }
    guard !appended.isEmpty else { return }
    var bytes: [UInt8] = []
    for member in appended {
      if staying > 0 { bytes.append(UInt8(ascii: ",")) }
      member.append(to: &bytes)
      staying += 1
    }
    splices.insert(bytes, at: members.last?.value.range.upperBound ?? facts.range.lowerBound + 1)
  }
}

/// What becomes of one member of the body.
private struct MemberEdit: Sendable {
  enum Base: Sendable, Equatable {
    case kept
    case set(JSONFragment)
    case removed
  }

  var key: String
  var base = Base.kept
  /// Set in the member's object.
  var merged: [NestedMember] = []

  init(key: String) { self.key = key }

  /// An object of the merged members alone.
  var mergedObject: JSONFragment {
    .object(of: merged.map { (key: $0.key, value: $0.value) })
  }
}
