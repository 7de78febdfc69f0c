import JSONText
import RouterConfig
import Routing
import Signals
import Testing

@Suite("Telling a model to reason") struct ReasoningTests {
  /// The control of a model with a family of that kind at that host.
  private func control(
    _ kind: ReasoningFamily.Kind, parameter: String = "enable_thinking", host: String = "engine.local"
  ) throws -> ReasoningControl {
    let document = RouterDocument(
      providers: Providers(
        reasoningFamilies: ["f": ReasoningFamily(kind: kind, parameter: parameter)],
        models: [
          ProviderModel(
            name: "m", reasoningFamily: "f", backends: [BackendReference(name: "b", host: host, port: 443)])
        ]),
      routing: RoutingProfile(decisions: [Decision(name: "d", modelRefs: [ModelRef(model: "m")])]))
    let selection = try Router(document: document).select(
      recipe: 0, verdict: .decided(index: 0, confidence: 0), readings: SignalReadings())
    return try #require(selection.reasoning)
  }

  private func changes(
    _ control: ReasoningControl, isOn: Bool, client: String? = nil
  ) -> [String] {
    control.changes(isOn: isOn, effort: "high", clientEffort: client.map { .string($0) }).map { change in
      switch change {
      case .setTemplateArgument(let key, let value): "kwargs.\(key)=\(String(decoding: value.bytes, as: UTF8.self))"
      case .setTopLevel(let key, let value): "\(key)=\(String(decoding: value.bytes, as: UTF8.self))"
      case .removeTopLevel(let key): "-\(key)"
      }
    }
  }

  @Test(
    "chat_template_kwargs: the parameter is true or false; a client's effort goes",
    arguments: ["enable_thinking", "thinking"])
  func templateArgument(parameter: String) throws {
    let control = try control(.chatTemplateKwargs, parameter: parameter)
    #expect(changes(control, isOn: true) == ["kwargs.\(parameter)=true"])
    #expect(changes(control, isOn: false) == ["kwargs.\(parameter)=false"])
    #expect(changes(control, isOn: true, client: "low") == ["kwargs.\(parameter)=true", "-reasoning_effort"])
    #expect(changes(control, isOn: false, client: "low") == ["kwargs.\(parameter)=false", "-reasoning_effort"])
  }

  @Test("reasoning_effort on engines: the effort goes into the template; off is the client's own, else low")
  func templateEffort() throws {
    let control = try control(.reasoningEffort, parameter: "reasoning_effort")
    #expect(changes(control, isOn: true) == ["kwargs.reasoning_effort=\"high\""])
    #expect(
      changes(control, isOn: true, client: "medium") == ["kwargs.reasoning_effort=\"high\"", "-reasoning_effort"])
    #expect(changes(control, isOn: false) == ["kwargs.reasoning_effort=\"low\""])
    #expect(
      changes(control, isOn: false, client: "medium") == ["kwargs.reasoning_effort=\"medium\"", "-reasoning_effort"])
  }

  @Test(
    "reasoning_effort at hosted APIs: on is the effort, off leaves the client's own",
    arguments: ["api.openai.com", "openrouter.ai", "API.OpenAI.com"])
  func hostedEffort(host: String) throws {
    let control = try control(.reasoningEffort, parameter: "reasoning_effort", host: host)
    #expect(changes(control, isOn: true) == ["reasoning_effort=\"high\""])
    #expect(changes(control, isOn: true, client: "low") == ["reasoning_effort=\"high\""])
    #expect(changes(control, isOn: false) == [])
    #expect(changes(control, isOn: false, client: "medium") == [])
  }

  @Test("top_level_reasoning_effort: on is the effort, off leaves the client's own, at engines and elsewhere")
  func topLevel() throws {
    for host in ["engine.local", "api.openai.com"] {
      let control = try control(.topLevelReasoningEffort, parameter: "reasoning_effort", host: host)
      #expect(changes(control, isOn: true) == ["reasoning_effort=\"high\""])
      #expect(changes(control, isOn: true, client: "low") == ["reasoning_effort=\"high\""])
      #expect(changes(control, isOn: false) == [])
      #expect(changes(control, isOn: false, client: "medium") == [])
    }
  }

  @Test(
    "DeepSeek's host: a field of its own, with the effort when on, and no template arguments",
    arguments: ReasoningFamily.Kind.allCases)
  func deepSeek(kind: ReasoningFamily.Kind) throws {
    let control = try control(kind, parameter: "thinking", host: "api.deepseek.com")
    let on = ["thinking={\"type\":\"enabled\"}", "reasoning_effort=\"high\"", "-chat_template_kwargs"]
    #expect(changes(control, isOn: true) == on)
    #expect(changes(control, isOn: true, client: "low") == on)
    let off = ["thinking={\"type\":\"disabled\"}", "-chat_template_kwargs"]
    #expect(changes(control, isOn: false) == off)
    #expect(changes(control, isOn: false, client: "low") == off + ["-reasoning_effort"])
  }

  @Test("a host that merely looks like a hosted API's is an engine")
  func otherHosts() throws {
    for host in ["api.openai.com.local", "xapi.openai.com", "deepseek.com"] {
      let control = try control(.reasoningEffort, parameter: "reasoning_effort", host: host)
      #expect(changes(control, isOn: true) == ["kwargs.reasoning_effort=\"high\""], "\(host)")
    }
  }

  @Test("a client's effort that is no word is passed on as it is")
  func oddEffort() throws {
    let control = try control(.reasoningEffort, parameter: "reasoning_effort")
    let number = try JSONFragment(validating: Array("3.0".utf8))
    #expect(
      control.changes(isOn: false, effort: "high", clientEffort: number) == [
        .setTemplateArgument(key: "reasoning_effort", value: number), .removeTopLevel(key: "reasoning_effort"),
      ])
  }
}
