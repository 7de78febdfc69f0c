import ChatProtocols
import Signals

/// Families that guard: they read all of a request's texts, milliseconds for 100 KB, and say something even when they could not.
extension PromptReader {
  public static let guardFamilies: [SignalFamily] = [.jailbreak, .pii]

  /// Bytes of earlier messages that are read of a request; of more none is read, and guards close.
  public static let historyLimit = 4 << 20

  /// What a text costs besides its bytes, as bytes: many short ones are a long one.
  private static let bytesOfText = 256

  /// Bytes that the guards read of a request; 0 when none is declared.
  public func guardedBytes(of facts: PromptFacts) -> Int {
    guard Self.guardFamilies.contains(where: declares) else { return 0 }
    return facts.history.reduce(facts.evaluationText.count) { $0 + $1.count + Self.bytesOfText }
  }

  /// What a family of guards reads as when it could not be read.
  public func unread(_ family: SignalFamily, because reason: String) -> FamilyReading {
    guard declares(family), let rules = families[Int(family.rawValue)] as? any GuardSignalRules else {
      return FamilyReading(readings: [])
    }
    return rules.unread(reason)
  }

  /// Why a family is not even tried; nil for most.
  func reasonNotToRead(_ family: SignalFamily, of facts: PromptFacts) -> String? {
    guard families[Int(family.rawValue)].readsHistory,
      facts.history.reduce(0, { $0 + $1.count }) > Self.historyLimit
    else { return nil }
    return "the earlier messages have more than \(Self.historyLimit) bytes"
  }
}
