import Testing

@testable import EngineSimulator

@Suite("Options")
struct EngineSimulatorOptionsTests {
  private func parse(
    _ arguments: String..., environment: [String: String] = [:], file: String = ""
  ) throws(OptionError) -> EngineSimulatorOptions {
    try EngineSimulatorOptions(arguments: arguments, environment: environment, readFile: { _ in file })
  }

  private func failure(_ arguments: String..., file: String = "") -> String {
    do {
      _ = try EngineSimulatorOptions(arguments: arguments, environment: [:], readFile: { _ in file })
      return "no error"
    } catch {
      return error.message
    }
  }

  @Test("the guide's deployment starts unchanged")
  func guide() throws {
    let options = try parse(
      "--model", "vllm-llama3-8b-instruct", "--port", "8000", "--max-loras", "6", "--lora-modules",
      #"{"name":"math-expert"}"#, #"{"name":"science-expert"}"#, #"{"name":"law-expert"}"#, "--compat", "v0.5.0")
    #expect(options.model == "vllm-llama3-8b-instruct")
    #expect(options.displayName == "vllm-llama3-8b-instruct")
    #expect(options.maxLoRAs == 6)
    #expect(options.maxCPULoRAs == 6)
    #expect(options.loraModules.map(\.name) == ["math-expert", "science-expert", "law-expert"])
    #expect(options.compatibility == .v050)
    #expect(options.warnings == [])
  }

  @Test("defaults are the original's, and the body limit is the generation's")
  func defaults() throws {
    let options = try parse("--model", "m")
    #expect(options.port == 8000)
    #expect(options.maxModelLength == 1024)
    #expect(options.maxSequences == 5)
    #expect(options.maxWaitingQueueLength == 1000)
    #expect(options.maxRequestBodyBytes == 64 * 1024 * 1024)
    #expect(try parse("--model", "m", "--compat=v0.5.0").maxRequestBodyBytes == 4 * 1024 * 1024)
  }

  @Test("values follow a space or an equals sign, lists end at the next flag")
  func spelling() throws {
    let options = try parse(
      "--model=m", "--served-model-name", "a", "b", "--seed=-5", "--skip-tool-validation", "--log-http=false",
      "--min-tool-call-integer-param", "-5", "-v", "4", "--enforce-eager", "--tensor-parallel-size", "2")
    #expect(options.servedModelNames == ["a", "b"])
    #expect(options.displayName == "a")
    #expect(options.seed == 0xFFFF_FFFF_FFFF_FFFB)
    #expect(options.skipsToolValidation)
    #expect(!options.logsHTTP)
    #expect(options.minToolCallInteger == -5)
  }

  @Test("durations are Go's; a bare number is milliseconds in both generations")
  func durations() throws {
    #expect(
      try parse("--model", "m", "--time-to-first-token", "1.5s", "--compat", "v0.5.0").latency.timeToFirstToken.mean
        == 1500)
    #expect(try parse("--model", "m", "--inter-token-latency", "250us").latency.interToken.mean == 0.25)
    #expect(
      try parse("--model", "m", "--time-to-first-token", "100", "--compat", "v0.5.0").latency.timeToFirstToken.mean
        == 100)
  }

  @Test("a flag wins over the environment, the environment over the file")
  func precedence() throws {
    let file = "model: from-file\nport: 9000\nmax-num-seqs: 7\nserved-model-name: [x, y]\n"
    let environment = ["SIM_MODEL": "from-environment", "PYTHONHASHSEED": "42", "POD_NAME": "pod-1"]
    let options = try parse("--config", "sim.yaml", "--port", "9001", environment: environment, file: file)
    #expect(options.model == "from-environment")
    #expect(options.port == 9001)
    #expect(options.maxSequences == 7)
    #expect(options.servedModelNames == ["x", "y"])
    #expect(options.hashSeed == "42")
    #expect(options.podName == "pod-1")
    #expect(try parse("--config", "f", "--model", "flag", environment: environment, file: file).model == "flag")
    #expect(
      try parse("--config", "f", "--compat", "v0.5.0", environment: environment, file: file).model == "from-file")
  }

  @Test("a file may hold adapters and fake metrics as YAML or as JSON text")
  func structuredFile() throws {
    let file = """
      model: m
      lora-modules:
        - name: a
          path: /adapters/a
        - '{"name":"b"}'
      fake-metrics:
        running-requests: 3
        kv-cache-usage: "ramp:0:1:10s"
      """
    let options = try parse("--config", "f", file: file)
    #expect(options.loraModules == [LoRAModule(name: "a", path: "/adapters/a"), LoRAModule(name: "b")])
    #expect(options.fakeMetrics?.running == .constant(3))
    #expect(options.fakeMetrics?.cacheUsage?.value(atMilliseconds: 5000) == 0.5)
  }

  @Test("errors name the option, its place and the way out")
  func errors() {
    #expect(failure() == "model parameter is empty: give --model NAME")
    #expect(failure("--model", "m", "--max-lora", "2") == "--max-lora is not a known option; did you mean --max-loras?")
    #expect(failure("--model", "m", "--zzzzzzzzzz") == "--zzzzzzzzzz is not a known option; --help lists them")
    #expect(failure("--model", "m", "--port") == "--port needs a value")
    #expect(failure("--model", "m", "--port", "x") == "--port: \"x\" is not an integer")
    #expect(failure("--model", "m", "--port", "70000") == "--port: 70000 is out of range; it must be 0–65535")
    #expect(failure("--model", "a\nb") == #"the name "a\nb" has control characters; response headers carry it"#)
    #expect(failure("m") == "\"m\" is not an option; options are written --name value or --name=value")
    #expect(
      failure("--config", "sim.yaml", file: "model: m\nprot: 1\n")
        == "sim.yaml:2:1: prot is not a known option; did you mean port?")
    #expect(
      failure("--model", "m", "--time-to-first-token", "100ms", "--time-to-first-token-std-dev", "31ms")
        == "--time-to-first-token-std-dev 31ms must not exceed 30 % of --time-to-first-token 100ms")
    #expect(failure("--model", "m", "--block-size", "12").contains("it must be 8, 16, 32, 64 or 128"))
    #expect(
      failure("--model", "m", "--lora-modules", #"{"name":"a","base_model_name":"other"}"#)
        == #"--lora-modules: adapter "a" is for base model "other", but this engine serves "m""#)
    #expect(
      failure("--model", "m", "--max-loras", "4", "--max-cpu-loras", "2")
        == "--max-cpu-loras 2 must not be less than --max-loras 4")
    #expect(failure("--model", "m", "--mode", "loud") == "--mode: \"loud\" is not one of random, echo")
    #expect(
      failure("--model", "m", "--failure-types", "fire").hasPrefix("--failure-types: \"fire\" is not a failure type"))
  }

  @Test("a certificate comes from a pair of files or is made, not both, and nothing means plain HTTP")
  func certificates() throws {
    #expect(try parse("--model", "m").tls.source() == nil)
    #expect(try parse("--model", "m", "--self-signed-certs").tls.source() == .selfSigned)
    #expect(
      try parse("--model", "m", "--ssl-certfile", "c.pem", "--ssl-keyfile=k.pem", "--self-signed-certs=false").tls
        .source() == .files(certificate: "c.pem", key: "k.pem"))
    #expect(
      try parse("--config", "f", file: "model: m\nself-signed-certs: true\n").tls.source() == .selfSigned)
    #expect(
      failure("--model", "m", "--ssl-certfile", "c.pem")
        == "--ssl-certfile needs the certificate's key: give --ssl-keyfile FILE too")
    #expect(
      failure("--model", "m", "--ssl-keyfile", "k.pem")
        == "--ssl-keyfile needs the key's certificate: give --ssl-certfile FILE too")
    #expect(
      failure("--model", "m", "--self-signed-certs", "--ssl-certfile", "c.pem", "--ssl-keyfile", "k.pem")
        == "--self-signed-certs makes a certificate and --ssl-certfile gives one; leave one of them out")
    #expect(
      failure("--model", "m", "--self-signed-certs", "--ssl-keyfile", "k.pem")
        == "--self-signed-certs makes a certificate and --ssl-keyfile gives one; leave one of them out")
  }

  @Test("features that this build has not got are refused or warned of")
  func absences() throws {
    #expect(failure("--model", "m", "--omni").hasPrefix("--omni: this build makes no images"))
    let options = try parse("--model", "m", "--enable-kvcache", "--dataset-path", "d.sqlite", "--no-omni")
    #expect(
      options.warnings == [
        "--dataset-path: there is no dataset in this build; answers are random sentences"
      ])
    #expect(
      try parse("--model", "m", "--compat", "v0.5.0", "--max-waiting-queue-length", "3").warnings == [
        "--max-waiting-queue-length: v0.5.0 does not know this option; it is used all the same"
      ])
  }

  @Test("no flag is listed twice, and the help text shows every one")
  func table() {
    let names = OptionDefinition.all.map(\.name)
    #expect(Set(names).count == names.count)
    for option in OptionDefinition.all where !option.help.hasPrefix("logging flag") {
      #expect(EngineSimulatorOptions.helpText.contains("  --\(option.name)"))
    }
  }
}
