/// The readers of prompts under `global.model_catalog` that are not the domain's.
extension ConfigurationSchema {
  private static let guardModel = "a guard model of its own"
  private static let personalDataModel = "a model of its own for personal data"
  private static let otherEncoder = "an encoder of another kind"
  private static let guardPath = "global.model_catalog.modules.prompt_guard"
  private static let personalDataPath = "global.model_catalog.modules.classifier.pii"
  private static let semanticPath = "global.model_catalog.embeddings.semantic"

  private static func notYet(
    _ path: String, _ feature: String, harmless: [String] = [], _ meaning: String
  ) -> ConfigurationKey {
    ConfigurationKey(path, .anything, .notYet(.setting(feature), harmless: harmless), meaning)
  }

  /// Both modules have it.
  private static func onError(_ path: String) -> ConfigurationKey {
    .init(
      "\(path).on_error", .choice(GuardFailure.allCases.map(\.rawValue), ignoringCase: false), default: "block",
      "What a rule says when its reader fails: `block`, it matches (`classification_error`), so that the guard closes; "
        + "`allow`, it counts as failed.")
  }

  static let readerKeys: [ConfigurationKey] = promptGuardKeys + personalDataKeys + encoderKeys

  private static let promptGuardKeys: [ConfigurationKey] = [
    .init(guardPath, .object, "The guard, which is built in: what reads `jailbreak`."),
    .init(
      "\(guardPath).enabled", .boolean, .informative, "The guard runs when a decision needs it."),
    .init("\(guardPath).threshold", .number(fraction), default: "0.7", "The risk that matches where a rule sets none."),
    .init(
      "\(guardPath).positive_labels", .texts, default: "`jailbreak`",
      "The labels whose probabilities make up the risk: of `jailbreak`, `harmful_request` and `toxicity`."),
    onError(guardPath),
    .init("\(guardPath).use_cpu", .boolean, .informative, "The built-in guard runs on the CPU."),
    notYet("\(guardPath).model_ref", guardModel, "A model of `model_catalog.system`."),
    notYet("\(guardPath).model_id", guardModel, "A model's files."),
    notYet("\(guardPath).jailbreak_mapping_path", guardModel, "Its labels."),
    notYet("\(guardPath).variant", guardModel, "Its kind."),
    notYet("\(guardPath).protocol", "a guard asked over HTTP", harmless: ["", "native"], "How the guard is asked."),
  ]

  private static let personalDataKeys: [ConfigurationKey] = [
    .init(personalDataPath, .object, "The finder of personal data, which is built in: what reads `pii`."),
    .init("\(personalDataPath).enabled", .boolean, .informative, "It runs when a decision needs it."),
    .init(
      "\(personalDataPath).threshold", .number(fraction), default: "0.9",
      "The confidence from which a find counts where a rule sets none."),
    onError(personalDataPath),
    .init("\(personalDataPath).use_cpu", .boolean, .informative, "It runs on the CPU."),
    .init("\(personalDataPath).use_mmbert_32k", .boolean, .informative, "Which model a `model_id` names."),
    notYet("\(personalDataPath).model_ref", personalDataModel, "A model of `model_catalog.system`."),
    notYet("\(personalDataPath).model_id", personalDataModel, "A model's files."),
    notYet("\(personalDataPath).pii_mapping_path", personalDataModel, "Its labels."),
  ]

  private static let encoderKeys: [ConfigurationKey] = [
    .init("global.model_catalog.embeddings", .object, "Models that turn text into vectors."),
    .init(semanticPath, .object, "The encoder of prompts."),
    .init(
      "\(semanticPath).bert_model_path", .either(["none"], or: .name),
      default: "the model of `switchyard models fetch`",
      "A model's folder (`config.json`, `tokenizer.json`, `model.safetensors`) or packed file, of the BERT family; `none`: no "
        + "encoder. Where the default is not there, linear models read, and rules that need an encoder fail."),
    .init("\(semanticPath).use_cpu", .boolean, .informative, "Encoders run on the CPU."),
    .init(
      "\(semanticPath).workers", .integer(1...256), default: "1",
      "Threads that read prompts, one thread a prompt: as many as cores may be kept busy with it."),
    .init(
      "\(semanticPath).deadline", .positiveDuration, default: "500ms",
      "How long a request waits for the encoder before it is decided without it."),
    notYet("\(semanticPath).mmbert_model_path", otherEncoder, harmless: [""], "An mmBERT model's files."),
    notYet("\(semanticPath).qwen3_model_path", otherEncoder, harmless: [""], "A Qwen3 embedding model's files."),
    notYet("\(semanticPath).gemma_model_path", otherEncoder, harmless: [""], "An EmbeddingGemma model's files."),
    notYet(
      "\(semanticPath).multimodal_model_path", otherEncoder, harmless: [""], "A model of texts and images."),
    notYet("\(semanticPath).endpoint", "embeddings asked over HTTP", "A server that embeds."),
    .init("\(semanticPath).embedding_config", .object, "How likeness is told."),
    .init(
      "\(semanticPath).embedding_config.top_k", .integer(0...1_000), default: "1",
      "Rules that match at most, the likest first; `0`: all that reach their threshold."),
    .init(
      "\(semanticPath).embedding_config.enable_soft_matching", .boolean, default: "true",
      "Whether, when no rule reaches its threshold, rules match that reach `min_score_threshold`."),
    .init(
      "\(semanticPath).embedding_config.min_score_threshold", .number(fraction), default: "0.5",
      "The likeness that soft matching takes."),
    .init(
      "\(semanticPath).embedding_config.preload_embeddings", .boolean, .informative,
      "Phrases are always read at the start."
    ),
    .init("\(semanticPath).embedding_config.backend", .text, .informative, "Vectors are held in memory."),
    .init("\(semanticPath).embedding_config.model_type", .text, .informative, "Told by the model's files."),
    .init(
      "\(semanticPath).embedding_config.target_dimension", .integer(0...65_536), .informative, "Vectors are whole."),
    .init(
      "\(semanticPath).embedding_config.target_layer", .integer(0...1_024), .informative, "The last layer is read."),
    notYet(
      "\(semanticPath).embedding_config.prototype_scoring", "prototype scoring of its own",
      "How phrases of a rule are grouped."),
  ]
}
