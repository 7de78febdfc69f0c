import Balancing
import ChatProtocols
import Fleet
import RouterConfig
import Seeded
import Testing

@testable import Pipeline

@Suite("Choosing a replica for a request")
struct ReplicaChoiceTests {
  private let model = PipelineFixture.model

  /// The guide's sample with `count` replicas, and what a change makes of how they are picked.
  private func snapshot(
    replicas count: Int = 4, _ change: (inout BalancingSettings) -> Void = { _ in }
  ) throws -> RoutingSnapshot {
    try PipelineFixture.snapshot { document in
      document.providers.models[0].backends = (1...count).map {
        BackendReference(name: "replica-\($0)", host: "10.0.0.\($0)", port: 8000)
      }
      change(&document.providers.models[0].balancing)
    }
  }

  private func wish(
    _ snapshot: RoutingSnapshot, _ fields: [String: String] = [:], tokens: RequestTokens = RequestTokens()
  ) throws -> ReplicaWish {
    let balancing = try #require(snapshot.balancing(ofModel: model))
    let placements = try #require(snapshot.fleet.model(named: model)).placements
    return try ReplicaWish(balancing.strategies, among: placements, tokens: tokens) { fields["\($0)"] }
  }

  @Test("what holds: locked, header, profile, the model's own, least-ttft")
  func precedence() throws {
    let plain = try wish(snapshot())
    #expect(plain.strategy.description == "least-ttft" && plain.isStandard && !plain.isTold)
    let asked = try wish(snapshot(), ["routing-strategy": "random"])
    #expect(asked.strategy.description == "random" && asked.isTold && !asked.isStandard)
    let configured = try snapshot { settings in
      settings.strategy = "least-request"
      settings.profiles = [
        "chat": BalancingProfile("sticky"), "bulk": BalancingProfile("throughput:2,least-request:1"),
      ]
      settings.defaultProfile = "chat"
    }
    #expect(try wish(configured).strategy.description == "sticky")
    #expect(try wish(configured).profile == "chat")
    #expect(try wish(configured, ["config-profile": "bulk"]).strategy.description == "throughput:2,least-request:1")
    #expect(try wish(configured, ["config-profile": "nobody"]).strategy.description == "sticky")
    #expect(try wish(configured, ["routing-strategy": "random"]).strategy.description == "random")
    let locked = try snapshot { $0.lockedStrategy = "power-of-two" }
    #expect(try wish(locked, ["routing-strategy": "nonsense"]).strategy.description == "power-of-two")
    #expect(throws: ReplicaWishError.self) { try wish(snapshot(), ["routing-strategy": "nonsense"]) }
  }

  @Test("auto is the most specific profile whose spans fit, else the default")
  func automaticProfile() throws {
    let snapshot = try snapshot { settings in
      settings.profiles = [
        "plain": BalancingProfile("random"),
        "short": BalancingProfile("least-request", promptTokens: TokenSpan(below: 1_000)),
        "long": BalancingProfile("sticky", promptTokens: TokenSpan(atLeast: 1_000), requestsPerSecond: 7),
        "medium": BalancingProfile(promptTokens: TokenSpan(atLeast: 1_000, below: 4_000)),
        "narrow": BalancingProfile("throughput", promptTokens: TokenSpan(atLeast: 1_000, below: 2_000)),
        "terse": BalancingProfile(
          "power-of-two", promptTokens: TokenSpan(below: 1_000), maxTokens: TokenSpan(atLeast: 1, below: 10)),
      ]
      settings.defaultProfile = "plain"
    }
    func profile(_ prompt: Double?, _ most: Int? = nil, _ name: String = "auto") throws -> String? {
      try wish(snapshot, ["config-profile": name], tokens: RequestTokens(prompt: prompt, most: most)).profile
    }
    #expect(try profile(999) == "short")
    #expect(try profile(999, 9) == "terse" && profile(999, 10) == "short" && profile(1_000, 9) == "narrow")
    #expect(try profile(1_500) == "narrow" && profile(2_000) == "medium" && profile(4_000) == "long")
    #expect(try profile(nil) == "plain" && profile(999, nil, "long") == "long" && profile(999, nil, "else") == "plain")
    // Without a strategy of its own the model's holds; the header goes before the profile's.
    let medium = try wish(snapshot, ["config-profile": "auto"], tokens: RequestTokens(prompt: 3_000))
    #expect(medium.strategy.description == "least-ttft" && medium.isTold && medium.profileLimit == nil)
    let long = try wish(
      snapshot, ["config-profile": "auto", "routing-strategy": "random"], tokens: RequestTokens(prompt: 9_000))
    #expect(long.strategy.description == "random" && long.profile == "long" && long.profileLimit == 7)
  }

  @Test("the default may be auto; an authoritative model reads nothing of the client's and tells nothing")
  func authoritative() throws {
    func change(_ settings: inout BalancingSettings) {
      settings.profiles = [
        "short": BalancingProfile("least-request", promptTokens: TokenSpan(below: 1_000)),
        "other": BalancingProfile("random"),
      ]
      settings.defaultProfile = "auto"
    }
    let automatic = try snapshot(change)
    #expect(try wish(automatic, tokens: RequestTokens(prompt: 10)).profile == "short")
    #expect(try wish(automatic, tokens: RequestTokens(prompt: 1_000)).profile == nil)
    let authoritative = try snapshot {
      change(&$0)
      $0.isAuthoritative = true
    }
    let wish = try wish(
      authoritative, ["routing-strategy": "nonsense", "config-profile": "other", "external-filter": "("],
      tokens: RequestTokens(prompt: 10))
    #expect(wish.strategy.description == "least-request" && wish.profile == "short")
    #expect(wish.filter == nil && !wish.isTold && !wish.isStandard)
  }

  @Test("a prompt's tokens are its bytes by the model's bytes a token")
  func tokens() throws {
    let snapshot = try snapshot()
    let balancing = try #require(snapshot.balancing(ofModel: model))
    var size = PromptSize()
    (size.textBytes, size.structuredBytes, size.outputReserve) = (3_000, 1_000, 0)
    #expect(RequestTokens(size, by: balancing) == RequestTokens(prompt: 1_000))
    size.outputReserve = 64
    #expect(RequestTokens(size, by: balancing).most == 64)
    #expect(RequestTokens(nil, by: balancing) == RequestTokens())
  }

  @Test("labels leave replicas out where a strategy is asked for or configured, and none is locked")
  func filter() throws {
    let snapshot = try PipelineFixture.snapshot { document in
      document.providers.models[0].backends = (1...4).map {
        var backend = BackendReference(name: "replica-\($0)", host: "10.0.0.\($0)", port: 8000)
        backend.labels = ["zone": $0 % 2 == 0 ? "a" : "b"]
        return backend
      }
    }
    let served = try #require(snapshot.fleet.model(named: model))
    let asked = try wish(snapshot, ["routing-strategy": "random", "external-filter": "zone=a"])
    #expect(served.placements(for: nil, taking: asked.filter).map(\.replica.host) == ["10.0.0.2", "10.0.0.4"])
    #expect(try wish(snapshot, ["routing-strategy": "random", "external-filter": ""]).filter == nil)
    #expect(try wish(snapshot, ["external-filter": "zone=a"]).filter == nil)
    #expect(try wish(snapshot, ["external-filter": "zone=("]).filter == nil)
    #expect(throws: ReplicaWishError.filter(LabelSelectorError(offset: 5, reason: "found \"(\" in place of a value"))) {
      try wish(snapshot, ["routing-strategy": "random", "external-filter": "zone=("])
    }
    let locked = try self.snapshot { $0.lockedStrategy = "random" }
    #expect(try wish(locked, ["external-filter": "zone=("]).filter == nil)
    #expect(try wish(locked, ["config-profile": "chat"]).profile == nil)
  }

  @Test("a strategy of the document that means nothing is told with its place")
  func badSetting() {
    #expect {
      try snapshot { $0.profiles = ["chat": BalancingProfile("least-requst")] }
    } throws: { error in
      "\(error)".contains("providers.models[0].balancing.profiles.chat")
        && "\(error)".contains("did you mean least-request")
    }
  }

  @Test("a session comes back to its replica, by our identifier, by AIBrix's, or by its key")
  func sessions() throws {
    let snapshot = try snapshot()
    let placements = try #require(snapshot.fleet.model(named: model)).placements
    let third = placements[2].replica
    for id in [SessionID.of(third), "MTAuMC4wLjM6ODAwMA=="] {
      let wish = try wish(snapshot, ["routing-strategy": "session-affinity", "x-session-id": id])
      #expect(wish.session?.replica == third.id, "\(id)")
    }
    let key = try wish(snapshot, ["routing-strategy": "session-affinity", "x-aibrix-session-key": "mine"])
    #expect(key.session == SessionKey("mine"))
    // Strategies that know no sessions look for none.
    #expect(try wish(snapshot, ["x-session-id": SessionID.of(third)]).session == nil)
  }

  @Test("a prompt's blocks: a conversation that grows keeps those it had, a routed system prompt counts")
  func promptBlocks() throws {
    let long = String(repeating: "All happy families are alike. ", count: 60)
    func message(_ role: String, _ text: String) -> String { #"{"role":"\#(role)","content":"\#(text)"}"# }
    func hashes(_ messages: [String], model: String) throws -> [UInt64] {
      let body = Array(#"{"model":"\#(model)","messages":[\#(messages.joined(separator: ","))]}"#.utf8)
      return try body.withUnsafeBytes { bytes in
        let plan = try PipelineFixture.pipeline().plan(
          body: bytes, endpoint: .chatCompletions, snapshot: PipelineFixture.guide.get())
        var blocks = PromptBlocks()
        blocks.begin(seed: 1)
        PromptOfBody(plan: plan, body: bytes).append(to: &blocks)
        return Array(blocks.hashes)
      }
    }
    let first = try hashes([message("user", long)], model: model)
    let grown = try hashes([message("user", long), message("assistant", "Yes."), message("user", long)], model: model)
    #expect(first.count == 3)
    #expect(grown.starts(with: first) && grown.count == 7)
    // The same words from another role are another prompt.
    #expect(try hashes([message("assistant", long)], model: model)[0] != first[0])
    // MoM's decision puts a system prompt before them.
    #expect(try hashes([message("user", long)], model: "MoM")[0] != first[0])
  }

  /// An engine reads an image as some hundred tokens, however many bytes stand for it.
  @Test(
    "an image counts as 4 KiB of text, which tell images apart",
    arguments: [
      ("chat", #"{"type":"image_url","image_url":{"url":"data:image/png;base64,DATA"}}"#),
      ("messages", #"{"type":"image","source":{"type":"base64","data":"DATA"}}"#),
      ("responses", #"{"type":"input_image","image_url":"data:image/png;base64,DATA"}"#),
    ])
  func images(form: String, part: String) throws {
    func blocks(_ data: String) throws -> PromptBlocks {
      let image = part.replacingOccurrences(of: "DATA", with: data)
      let content = #"[{"type":"\#(form == "responses" ? "input_text" : "text")","text":"What is it?"},\#(image)]"#
      let turns = form == "responses" ? "input" : "messages"
      let body = Array(#"{"model":"\#(model)","\#(turns)":[{"role":"user","content":\#(content)}]}"#.utf8)
      var blocks = PromptBlocks()
      blocks.begin(seed: 1)
      try body.withUnsafeBytes { bytes in
        if form == "chat" {
          let facts = try RequestFacts.scan(body: bytes, endpoint: .chatCompletions)
          PromptOfBody(facts: facts, body: bytes).append(to: &blocks)
        } else {
          let passed = try #require(PassedPrompt(bytes, as: form == "messages" ? .messages : .responses))
          PromptOfBody(passed: passed, body: bytes).append(to: &blocks)
        }
      }
      return blocks
    }
    let (one, other) = (
      try blocks(String(repeating: "A", count: 100_000)), try blocks(String(repeating: "B", count: 100_000))
    )
    // As a text of 4 KiB.
    #expect(one.hashes.count == 8)
    #expect(zip(one.hashes.dropFirst(), other.hashes.dropFirst()).allSatisfy { $0 != $1 })
    #expect((PromptBlocks.imageBytes..<PromptBlocks.imageBytes + 100).contains(one.byteCount))
    #expect(one.hasImages)
  }

  @Test("a choice counts on the replica until it is settled, once; its prompt is found again there")
  func accounts() throws {
    let snapshot = try snapshot(replicas: 2)
    let balancing = try #require(snapshot.balancing(ofModel: model))
    let placements = try #require(snapshot.fleet.model(named: model)).placements
    let long = String(repeating: "All happy families are alike. ", count: 200)
    let body = Array(PipelineFixture.request(long, model: model).utf8)
    var chooser = ReplicaChooser(index: snapshot.index)
    var random = SeededGenerator(seed: 1)
    try body.withUnsafeBytes { bytes in
      let plan = try PipelineFixture.pipeline().plan(
        body: bytes, endpoint: .chatCompletions, snapshot: snapshot)
      var last: Int?
      for round in 0..<4 {
        let choice = chooser.choose(
          among: placements, by: try wish(snapshot), of: balancing, prompt: PromptOfBody(plan: plan, body: bytes),
          adapter: nil, excluding: ReplicaSet(), now: UInt64(round) * 1_000_000_000, random: &random)
        let index = try #require(choice.choice.index)
        if let last { #expect(index == last, "round \(round): the prompt is cached there") }
        last = index
        var account = AttemptAccount(choice, on: placements[index].replica)
        #expect(account.strategy == .leastTTFT)
        #expect((account.cachedBlocks > 0) == (round > 0))
        #expect(placements[index].replica.load.inFlight == 1)
        account.firstToken(isStreamed: true, now: UInt64(round) * 1_000_000_000 + 1_000)
        account.settle(now: UInt64(round) * 1_000_000_000 + 2_000)
        account.settle(now: UInt64(round) * 1_000_000_000 + 3_000)
        account.firstToken(isStreamed: true, now: UInt64(round) * 1_000_000_000 + 4_000)
        let left = placements[index].replica.load.state
        #expect(left.inFlight == 0 && left.prefilling == 0 && left.work == 0)
      }
    }
  }

  @Test("a preview counts nothing, remembers nothing, and agrees with the choice")
  func preview() throws {
    let snapshot = try snapshot(replicas: 3)
    let balancing = try #require(snapshot.balancing(ofModel: model))
    let placements = try #require(snapshot.fleet.model(named: model)).placements
    let body = Array(PipelineFixture.request(String(repeating: "All happy families. ", count: 400), model: model).utf8)
    var chooser = ReplicaChooser(index: snapshot.index)
    var random = SeededGenerator(seed: 1)
    try body.withUnsafeBytes { bytes in
      let plan = try PipelineFixture.pipeline().plan(body: bytes, endpoint: .chatCompletions, snapshot: snapshot)
      let wish = try wish(snapshot, ["routing-strategy": "prefix-cache"])
      func preview() -> ReplicaPreview {
        chooser.preview(
          among: placements, by: wish, of: balancing, prompt: PromptOfBody(plan: plan, body: bytes), adapter: nil,
          now: 1_000_000_000)
      }
      for _ in 0..<2 { #expect(preview().candidates.map(\.score) == [1, 1, 1]) }
      #expect(placements.map(\.replica.load.total) == [0, 0, 0])
      let choice = chooser.choose(
        among: placements, by: wish, of: balancing, prompt: PromptOfBody(plan: plan, body: bytes), adapter: nil,
        excluding: ReplicaSet(), now: 0, random: &random)
      let chosen = try #require(choice.choice.index)
      var account = AttemptAccount(choice, on: placements[chosen].replica)
      account.settle(now: 1)
      #expect(preview().best == chosen)
      #expect(preview().decided.description == "prefix-cache" && preview().shortfall == nil)
    }
    let adapter = chooser.preview(
      among: placements, by: try wish(snapshot), of: balancing, prompt: nil, adapter: "my-lora", now: 0)
    #expect(adapter.asked.description == "lora-affinity" && adapter.shortfall == .adapterNotLoaded)
  }

  @Test("an adapter that the router loads: to who has it or is about to, by any strategy; else the slot rule")
  func loadedAdapters() throws {
    let snapshot = try snapshot()
    let balancing = try #require(snapshot.balancing(ofModel: model))
    let placements = try #require(snapshot.fleet.model(named: model)).placements
    let key = BlockHash.key(of: "my-lora")
    var chooser = ReplicaChooser(index: snapshot.index)
    var random = SeededGenerator(seed: 1)
    func choose(_ strategy: String, excluding tried: [Int] = []) throws -> (index: Int?, by: String) {
      var set = ReplicaSet()
      for id in tried { set.insert(id) }
      let choice = chooser.choose(
        among: placements, by: try wish(snapshot, ["routing-strategy": strategy]), of: balancing, prompt: nil,
        adapter: "my-lora", loads: true, excluding: set, now: 0, random: &random)
      #expect(choice.usedAdapter == key)
      if let index = choice.choice.index {
        var account = AttemptAccount(choice, on: placements[index].replica)
        #expect(placements[index].replica.adapters.takeIdle(among: [key]) == nil, "it is in use")
        account.settle(now: 0)
      }
      return (choice.choice.index, choice.choice.decided.rawValue)
    }
    placements[0].replica.adapters.replace(with: [1])
    #expect(try choose("random").by == "lora-affinity")
    #expect(try choose("random").index != 0, "it has one loaded already")
    #expect(placements.allSatisfy { !$0.replica.adapters.contains(key) }, "nobody says that it is loaded")
    placements[2].replica.adapters.loadingBegan(key)
    placements[3].replica.adapters.insert(key)
    // What is explained is what is chosen, though others are idle.
    for place in [2, 3] {
      for inFlight in 0...place { #expect(placements[place].replica.load.begin(ifInFlight: inFlight)) }
    }
    let preview = chooser.preview(
      among: placements, by: try wish(snapshot, ["routing-strategy": "least-request"]), of: balancing, prompt: nil,
      adapter: "my-lora", loads: true, now: 0)
    #expect(preview.best == 2 && preview.candidates.map(\.isEligible) == [false, false, true, true])
    #expect(preview.candidates[0].reason == "others have the adapter loaded")
    #expect(try choose("least-request") == (2, "least-request"))
    for place in [2, 3] { for _ in 0...place { placements[place].replica.load.end() } }
    for _ in 0..<8 {
      let (index, by) = try choose("random")
      #expect([2, 3].contains(index) && by == "random")
    }
    #expect(try choose("random", excluding: [placements[2].replica.id]).index == 3)
    let others = try choose("random", excluding: [placements[2].replica.id, placements[3].replica.id])
    #expect(others.index == 1 && others.by == "lora-affinity")
    // One that could not load it not long ago comes last.
    placements[1].replica.adapters.loadingFailed(key, now: 0, until: 5)
    let both = [placements[2].replica.id, placements[3].replica.id]
    #expect(try choose("random", excluding: both).index == 0)
    #expect(try choose("random", excluding: both + [placements[0].replica.id]).index == 1)
  }

  @Test("an adapter's request goes by lora-affinity unless a strategy is asked for")
  func adapters() throws {
    let snapshot = try snapshot()
    let balancing = try #require(snapshot.balancing(ofModel: model))
    let placements = try #require(snapshot.fleet.model(named: model)).placements
    placements[2].replica.adapters.insert(BlockHash.key(of: "my-lora"))
    var chooser = ReplicaChooser(index: snapshot.index)
    var random = SeededGenerator(seed: 1)
    func choose(_ fields: [String: String]) throws -> ReplicaChoice {
      chooser.choose(
        among: placements, by: try wish(snapshot, fields), of: balancing, prompt: nil, adapter: "my-lora",
        excluding: ReplicaSet(), now: 1, random: &random
      ).choice
    }
    for _ in 0..<8 { #expect(try choose([:]).index == 2) }
    #expect(try choose(["routing-strategy": "random"]).decided == .random)
  }
}
