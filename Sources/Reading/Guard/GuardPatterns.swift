/// Classes of words whose nearness tells an attack whatever its wording, such as a verb of overriding and a noun for rules.
///
/// Two words of classes form a pair when at most ``reach`` tokens lie from one to the other; a pair is a feature of the
/// model. `training/guard/patterns.py` has the same classes in the same order.
final class GuardPatterns: Sendable {
  static let reach: Int32 = 8
  private static let salt: UInt64 = 0xA24B_AED4_963E_E407
  private static let slots = 2048

  private static let classes: [String] = [
    """
    ignore disregard forget override bypass discard erase drop skip cancel stop abandon disable remove circumvent neglect
    lifted removed disabled outdated reset unlearn
    """,
    """
    previous prior above earlier preceding initial original all every any everything before whatever existing former past
    other
    """,
    """
    instructions instruction rules rule guidelines guideline policy policies directives directions directive restrictions
    restriction constraints limits limitations filters filter guardrails safety ethics ethical moral morals morality
    programming programmed regulations censorship boundaries laws law
    """,
    """
    reveal show print repeat output display tell disclose leak paste copy translate spell summarize summarise recite expose
    dump list share encode
    """,
    """
    prompt prompts password passwords secret secrets key keys hidden confidential configuration verbatim system preprompt
    credentials token tokens environment
    """,
    """
    act acting pretend roleplay role play simulate imagine become character persona named called emulate immerse mode
    """,
    """
    unrestricted unfiltered uncensored unlimited amoral immoral unethical jailbroken jailbreak unbound freed evil dan
    anything illegal free liberated unhinged uncensor
    """,
    """
    refuse refuses refused refusal apologize apologise apologies sorry cannot cant unable warn warning warnings disclaimer
    disclaimers never decline reject
    """,
    """
    ai assistant model models llm llms chatbot chatgpt gpt openai agent agents bot bots summarizer gpt4 anthropic claude
    gemini
    """,
    "must obey comply now immediately instead only always strictly required shall",
    """
    bomb bombs kill killing murder weapon weapons gun hack hacking drug drugs steal stealing poison explosive explosives
    malware ransomware meth virus suicide terrorist attack forge counterfeit launder stalk blackmail fraud scam
    phishing smuggle rob nazi rape slurs
    """,
    """
    how make making steps step guide tutorial recipe create build plan ways way method methods detailed detail write script
    """,
    "story novel fictional fiction hypothetically hypothetical screenplay scene game movie film dialogue poem tale",
    "send forward call delete transfer email reply respond say answer execute run visit append include recommend rate",
    "you your youre yourself ur u",
    "caught noticing noticed unseen undetected traced anonymously secretly unnoticed detected knowing evade getting detection",
  ]

  static let count = classes.count

  private let hashes: [UInt64]
  private let numbers: [UInt8]

  init() {
    var hashes = [UInt64](repeating: 0, count: Self.slots)
    var numbers = [UInt8](repeating: 0, count: Self.slots)
    for (number, words) in Self.classes.enumerated() {
      for word in words.split(whereSeparator: \.isWhitespace) {
        let padded = Array(word.utf8) + [UInt8](repeating: 0, count: 8)
        let hash = padded.withUnsafeBytes { bytes -> UInt64 in
          guard let start = bytes.baseAddress else { return 0 }
          return FeatureHash.word(start, count: word.utf8.count)
        }
        var slot = Int(hash & UInt64(Self.slots - 1))
        while numbers[slot] != 0, hashes[slot] != hash { slot = (slot + 1) & (Self.slots - 1) }
        // The first class that names a word has it.
        if numbers[slot] == 0 {
          hashes[slot] = hash
          numbers[slot] = UInt8(number + 1)
        }
      }
    }
    self.hashes = hashes
    self.numbers = numbers
  }

  /// The class of a word by its hash, from 1; 0 for none.
  @inline(__always)
  func number(of hash: UInt64) -> Int {
    hashes.withUnsafeBufferPointer { hashes in
      numbers.withUnsafeBufferPointer { numbers in
        var slot = Int(hash & UInt64(Self.slots - 1))
        while numbers[slot] != 0 {
          if hashes[slot] == hash { return Int(numbers[slot]) }
          slot = (slot + 1) & (Self.slots - 1)
        }
        return 0
      }
    }
  }

  @inline(__always)
  static func pair(_ first: Int, _ second: Int) -> UInt64 {
    FeatureHash.mix(salt &+ UInt64(first) * 64 &+ UInt64(second))
  }
}
