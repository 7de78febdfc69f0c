import ChatProtocols
import JSONText
import Testing

private func edited(_ body: String, _ edit: (inout RequestEdits) throws -> Void) throws -> String {
  let bytes = Array(body.utf8)
  var edits = RequestEdits(try .scan(body: bytes, endpoint: .chatCompletions))
  try edit(&edits)
  return String(decoding: edits.apply(to: bytes), as: UTF8.self)
}

/// Expects that edits make one body of another.
private func expect(
  _ body: String, becomes expected: String, sourceLocation: SourceLocation = #_sourceLocation,
  _ edit: (inout RequestEdits) throws -> Void
) throws {
  let result = try edited(body, edit)
  #expect(result == expected, sourceLocation: sourceLocation)
}

struct RequestEditsTests {
  @Test("no edits leave the body byte for byte")
  func none() throws {
    let body = "{ \"model\":\"m\" ,\n\"messages\":[ ], \"x\" : 1.50 }\n"
    try expect(
      body,
      becomes: body
    ) { _ in }
  }

  @Test("the model is replaced and every other byte stays")
  func model() throws {
    try expect(
      #"{ "x" : 1e0, "model" : "MoM" ,"messages":[],"x":2}"#,
      becomes: #"{ "x" : 1e0, "model" : "a\"b" ,"messages":[],"x":2}"#
    ) { $0.setModel("a\"b") }
    try expect(
      #"{"model":"a","model":"b","messages":[]}"#,
      becomes: #"{"model":"a","model":"c","messages":[]}"#
    ) { $0.setModel("c") }
  }

  @Test("a member is set in place or appended")
  func setTopLevel() throws {
    let body = #"{"model":"m","messages":[],"stream":false }"#
    try expect(
      body,
      becomes: #"{"model":"m","messages":[],"stream":true }"#
    ) { $0.setTopLevel("stream", to: .boolean(true)) }
    try expect(
      body,
      becomes: #"{"model":"m","messages":[],"stream":false,"n":1 }"#
    ) { $0.setTopLevel("n", to: .integer(1)) }
    try expect(
      body,
      becomes: #"{"model":"m","messages":[],"stream":false,"n":2,"k\"":null }"#
    ) {
      $0.setTopLevel("n", to: .integer(1))
      $0.setTopLevel("n", to: .integer(2))
      $0.setTopLevel("k\"", to: .null)
    }
  }

  @Test("a member is removed with one comma, wherever it is, and all that have its name")
  func removeTopLevel() throws {
    try expect(
      #"{"a":1, "model":"m", "messages":[]}"#,
      becomes: #"{"model":"m", "messages":[]}"#
    ) { $0.removeTopLevel("a") }
    try expect(
      #"{"model":"m", "a":1 , "messages":[]}"#,
      becomes: #"{"model":"m" , "messages":[]}"#
    ) { $0.removeTopLevel("a") }
    try expect(
      #"{"model":"m", "messages":[], "a":1 }"#,
      becomes: #"{"model":"m", "messages":[] }"#
    ) { $0.removeTopLevel("a") }
    try expect(
      #"{"a":1,"\u0061":2,"model":"m","a":3,"messages":[],"a":4,"a":5}"#,
      becomes: #"{"model":"m","messages":[]}"#
    ) {
      $0.removeTopLevel("a")
    }
    try expect(
      #"{"model":"m","messages":[]}"#,
      becomes: #"{"model":"m","messages":[]}"#
    ) { $0.removeTopLevel("a") }
    try expect(
      #"{ "model":"m","messages":[] }"#,
      becomes: "{  }"
    ) {
      $0.removeTopLevel("model")
      $0.removeTopLevel("messages")
    }
  }

  @Test("removing the last member and appending another takes one comma")
  func removeAndAppend() throws {
    try expect(
      #"{"model":"m","messages":[],"a":1}"#,
      becomes: #"{"model":"m","messages":[],"b":2,"c":3}"#
    ) {
      $0.removeTopLevel("a")
      $0.setTopLevel("b", to: .integer(2))
      $0.setTopLevel("c", to: .integer(3))
    }
    try expect(
      #"{"model":"m","messages":[]}"#,
      becomes: #"{"b":2}"#
    ) {
      $0.removeTopLevel("model")
      $0.removeTopLevel("messages")
      $0.setTopLevel("b", to: .integer(2))
    }
    try expect(
      #"{"model":"m","messages":[],"a":1}"#,
      becomes: #"{"model":"m","messages":[],"a":2}"#
    ) {
      $0.removeTopLevel("a")
      $0.setTopLevel("a", to: .integer(2))
    }
  }

  @Test("a chat template argument joins those that are there")
  func chatTemplateArguments() throws {
    func set(_ arguments: String) throws -> String {
      let body = #"{"model":"m","messages":[]\#(arguments)}"#
      let result = try edited(body) {
        $0.setChatTemplateArgument("enable_thinking", to: .boolean(true))
      }
      return String(result.dropFirst(#"{"model":"m","messages":[]"#.count))
    }
    #expect(try set("") == #","chat_template_kwargs":{"enable_thinking":true}}"#)
    #expect(
      try set(#","chat_template_kwargs":{}"#)
        == #","chat_template_kwargs":{"enable_thinking":true}}"#)
    #expect(
      try set(#","chat_template_kwargs": { } "#)
        == #","chat_template_kwargs": {"enable_thinking":true } }"#)
    #expect(
      try set(#","chat_template_kwargs":null"#)
        == #","chat_template_kwargs":{"enable_thinking":true}}"#)
    #expect(
      try set(#","chat_template_kwargs":[1]"#)
        == #","chat_template_kwargs":{"enable_thinking":true}}"#)
    #expect(
      try set(#","chat_template_kwargs":{"a":1.0, "enable_thinking" : false,"b":2}"#)
        == #","chat_template_kwargs":{"a":1.0, "enable_thinking" : true,"b":2}}"#)
    #expect(
      try set(#","chat_template_kwargs":{"a":1 }"#)
        == #","chat_template_kwargs":{"a":1,"enable_thinking":true }}"#)
  }

  @Test("an object that was set, removed or merged before is merged into as it then is")
  func nestedAfterOthers() throws {
    let body = #"{"model":"m","messages":[],"chat_template_kwargs":{"a":1}}"#
    try expect(
      body,
      becomes: #"{"model":"m","messages":[],"chat_template_kwargs":{"b":2}}"#
    ) {
      $0.removeTopLevel("chat_template_kwargs")
      $0.setChatTemplateArgument("b", to: .integer(2))
    }
    try expect(
      body,
      becomes: #"{"model":"m","messages":[],"chat_template_kwargs": {"c": null,"b":2}}"#
    ) {
      $0.setTopLevel("chat_template_kwargs", to: try JSONFragment(validating: #" {"c": 3}"#))
      $0.setChatTemplateArgument("b", to: .integer(2))
      $0.setChatTemplateArgument("c", to: .null)
    }
    try expect(
      body,
      becomes: #"{"model":"m","messages":[]}"#
    ) {
      $0.setChatTemplateArgument("b", to: .integer(2))
      $0.removeTopLevel("chat_template_kwargs")
    }
    try expect(
      #"{"model":"m","messages":[],"stream_options":{"continuous_usage_stats":true}}"#,
      becomes: #"{"model":"m","messages":[],"stream_options":{"continuous_usage_stats":true,"include_usage":true}}"#
    ) {
      $0.setNested("stream_options", "include_usage", to: .boolean(true))
    }
  }

  private func prompted(_ messages: String, _ mode: SystemPromptMode) throws -> String {
    let result = try edited(#"{"model":"m","messages":\#(messages)}"#) { edits in
      let applied = edits.applySystemPrompt("P\n", mode: mode)
      #expect(applied)
    }
    return String(result.dropFirst(#"{"model":"m","messages":"#.count).dropLast())
  }

  @Test("a system prompt is put before messages that do not begin with one")
  func prependedSystemPrompt() throws {
    for mode in [SystemPromptMode.replace, .insert] {
      #expect(try prompted("[]", mode) == #"[{"role":"system","content":"P\n"}]"#)
      #expect(
        try prompted(#" [ {"role":"user","content":"u"}]"#, mode)
          == #" [{"role":"system","content":"P\n"}, {"role":"user","content":"u"}]"#)
      #expect(
        try prompted(#"[{"role":"developer"},{"role":"system","content":"s"}]"#, mode)
          == #"[{"role":"system","content":"P\n"},{"role":"developer"},{"role":"system","content":"s"}]"#
      )
    }
  }

  @Test("a system prompt replaces the content of the first message, or goes before it")
  func joinedSystemPrompt() throws {
    let message = #"[{"content" : "a\u0062", "role":"system","name":"n"},{"role":"user"}]"#
    #expect(
      try prompted(message, .replace)
        == #"[{"content" : "P\n", "role":"system","name":"n"},{"role":"user"}]"#)
    #expect(
      try prompted(message, .insert)
        == #"[{"content" : "P\n\n\na\u0062", "role":"system","name":"n"},{"role":"user"}]"#)
    let parts =
      #"[{"role":"system","content":[{"type":"text","text":"a\t"},{"type":"image_url"},{"type":"text","text":"b"}]}]"#
    #expect(try prompted(parts, .insert) == #"[{"role":"system","content":"P\n\n\na\t\nb"}]"#)
    #expect(try prompted(parts, .replace) == #"[{"role":"system","content":"P\n"}]"#)
    for content in ["null", "\"\"", "[]", "7"] {
      #expect(
        try prompted(#"[{"role":"system","content":\#(content)}]"#, .insert)
          == #"[{"role":"system","content":"P\n"}]"#)
    }
    #expect(
      try prompted(#"[{"role":"system" }]"#, .insert) == #"[{"role":"system" ,"content":"P\n"}]"#)
  }

  @Test("system prompts compose, and follow the messages that an edit sets")
  func composedSystemPrompts() throws {
    let body = #"{"model":"m","messages":[{"role":"system","content":"s"}]}"#
    try expect(
      body,
      becomes: #"{"model":"m","messages":[{"role":"system","content":"2\n\n1\n\ns"}]}"#
    ) {
      $0.applySystemPrompt("1", mode: .insert)
      $0.applySystemPrompt("2", mode: .insert)
    }
    try expect(
      body,
      becomes: #"{"model":"m","messages":[{"role":"system","content":"2\n\n1"}]}"#
    ) {
      $0.applySystemPrompt("1", mode: .replace)
      $0.applySystemPrompt("2", mode: .insert)
    }
    try expect(
      body,
      becomes: #"{"model":"m","messages": [{"role":"system","content":"2\n\nt"}]}"#
    ) {
      $0.applySystemPrompt("1", mode: .insert)
      $0.setTopLevel(
        "messages", to: try JSONFragment(validating: #" [{"role":"system","content":"t"}]"#))
      $0.applySystemPrompt("2", mode: .insert)
    }
    try expect(
      body,
      becomes: #"{"model":"m"}"#
    ) {
      $0.removeTopLevel("messages")
      let applied = $0.applySystemPrompt("2", mode: .insert)
      #expect(!applied)
    }
    try expect(
      body,
      becomes: #"{"model":"m","messages":1}"#
    ) {
      $0.setTopLevel("messages", to: .integer(1))
      let applied = $0.applySystemPrompt("2", mode: .insert)
      #expect(!applied)
    }
  }

  @Test("other endpoints take no system prompt")
  func otherEndpoints() throws {
    let body = Array(#"{"model":"m","prompt":"p","messages":[]}"#.utf8)
    var edits = RequestEdits(try .scan(body: body, endpoint: .completions))
    let applied = edits.applySystemPrompt("P", mode: .replace)
    #expect(!applied)
    #expect(edits.isEmpty)
    #expect(edits.apply(to: body) == body)
  }
}
