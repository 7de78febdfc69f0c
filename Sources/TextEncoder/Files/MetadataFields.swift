/// A model's shape as the metadata of a packed file, which are texts.
struct MetadataFields {
  let values: [String: String]
  let path: String

  private func number<Value: LosslessStringConvertible>(_ name: String) throws(EncoderModelError) -> Value {
    guard let text = values[name], let value = Value(text) else {
      throw EncoderModelError(path, "its metadata lack \(name); pack the model's folder again")
    }
    return value
  }

  func configuration() throws(EncoderModelError) -> EncoderConfiguration {
    guard let architecture = values["architecture"].flatMap({ EncoderConfiguration.Architecture(rawValue: $0) }),
      let pooling = values["pooling"].flatMap({ EncoderConfiguration.Pooling(rawValue: $0) })
    else { throw EncoderModelError(path, "its metadata lack the architecture; pack the model's folder again") }
    var configuration = EncoderConfiguration(
      architecture: architecture, vocabularySize: try number("vocabulary"), width: try number("width"),
      layers: try number("layers"), heads: try number("heads"), innerWidth: try number("inner_width"),
      longestInput: try number("longest_input"), epsilon: try number("epsilon"), pooling: pooling,
      normalizes: values["normalizes"] == "true")
    guard (1...1 << 24).contains(configuration.vocabularySize), (16...8192).contains(configuration.width),
      (1...256).contains(configuration.layers), (1...512).contains(configuration.heads),
      configuration.width % configuration.heads == 0, configuration.headWidth % 16 == 0,
      (1...65_536).contains(configuration.innerWidth), (8...1 << 20).contains(configuration.longestInput)
    else { throw EncoderModelError(path, "its metadata describe an impossible model") }
    if architecture == .modernBERT {
      configuration.globalEvery = try number("global_every")
      configuration.localReach = try number("local_reach")
      configuration.globalRotation = try rotation("global")
      configuration.localRotation = try rotation("local")
      guard configuration.globalEvery > 0, configuration.localReach > 0 else {
        throw EncoderModelError(path, "its metadata describe an impossible model")
      }
    }
    return configuration
  }

  private func rotation(_ name: String) throws(EncoderModelError) -> Rotation {
    var rotation = Rotation(base: try number("\(name)_base"))
    if values["\(name)_factor"] != nil {
      rotation.stretch = Rotation.Stretch(
        factor: try number("\(name)_factor"), original: try number("\(name)_original"),
        fast: try number("\(name)_fast"),
        slow: try number("\(name)_slow"), scale: try number("\(name)_scale"))
    }
    return rotation
  }

  static func texts(_ configuration: EncoderConfiguration) -> [(name: String, value: String)] {
    var texts: [(name: String, value: String)] = [
      ("architecture", configuration.architecture.rawValue), ("vocabulary", "\(configuration.vocabularySize)"),
      ("width", "\(configuration.width)"), ("layers", "\(configuration.layers)"), ("heads", "\(configuration.heads)"),
      ("inner_width", "\(configuration.innerWidth)"), ("longest_input", "\(configuration.longestInput)"),
      ("epsilon", "\(configuration.epsilon)"), ("pooling", configuration.pooling.rawValue),
      ("normalizes", "\(configuration.normalizes)"),
    ]
    guard configuration.architecture == .modernBERT else { return texts }
    texts += [("global_every", "\(configuration.globalEvery)"), ("local_reach", "\(configuration.localReach)")]
    for (name, rotation) in [("global", configuration.globalRotation), ("local", configuration.localRotation)] {
      texts.append(("\(name)_base", "\(rotation.base)"))
      guard let stretch = rotation.stretch else { continue }
      texts += [
        ("\(name)_factor", "\(stretch.factor)"), ("\(name)_original", "\(stretch.original)"),
        ("\(name)_fast", "\(stretch.fast)"), ("\(name)_slow", "\(stretch.slow)"), ("\(name)_scale", "\(stretch.scale)"),
      ]
    }
    return texts
  }
}
