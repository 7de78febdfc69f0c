/// The words that the guard's normaliser knows by themselves. `training/guard/normalizer.py` has the same.
enum GuardWords {
  /// Words that one digit in the place of a letter is undone for; elsewhere it takes two.
  static let disguised: Set<String> = words(
    """
    ignore forget disregard bypass override previous prior above instruction instructions rules prompt prompts
    system secret password passwords jailbreak unfiltered uncensored unrestricted restrictions filter filters
    hack hacker hacking crack steal kill killing murder bomb bombs weapon weapons drug drugs meth cocaine virus
    malware ransomware exploit phishing poison attack explosive explosives illegal nude porn fuck fucking shit
    bitch rape nigger faggot whore slut retard retarded nazi hate stupid idiot
    your you and all are every make tell give show write without answer
    """)

  /// Short words that stand between hyphens in honest compounds, such as day-to-day.
  static let compoundParts: Set<String> = words(
    "to on by of the and up at for day one two off all a in out tac toe")

  /// Common words by which a shifted or reversed alphabet is recognised: at least four letters, few patterns by chance.
  static let known: [String] = list(
    """
    that this with your from have what when will about which their would make tell give ignore previous instructions
    system prompt rules answer question should following assistant please write explain without information every
    forget reveal password secret instead build create content because respond response people someone person money steal
    guide develop details detailed provide article letter email computer public government social against between after
    before other there these those could while where being human illegal method process story character world never always
    anything getting caught
    """)

  private static func list(_ text: String) -> [String] { text.split(whereSeparator: \.isWhitespace).map(String.init) }
  private static func words(_ text: String) -> Set<String> { Set(list(text)) }
}
