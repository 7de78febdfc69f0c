import Foundation

/// One run of a fuzzer from the command line: how long it goes on, the seed that determines it, and where it writes what
/// it finds.
///
/// A run prints its seed first. A finding is written to a file named after the command, the seed and the iteration, and
/// ends the process with 1.
public struct FuzzRun {
  public let arguments: FuzzArguments
  /// `--seed`; drawn if it is not given.
  public let seed: UInt64
  /// `--iterations` (without end where there are seconds, else 100,000): the number of inputs to try.
  public let iterations: Int
  /// `--seconds` (without end): how long the run may take.
  public let seconds: Double
  private let artifacts: String
  private let start = ContinuousClock.now

  /// Reads the command line; one that cannot be read ends the process with the usage.
  ///
  /// - Parameters:
  ///   - command: what the fuzzer is called by.
  ///   - options: those it takes, as the usage shows them: see ``FuzzArguments``. Those that are properties here keep
  ///     their defaults where the fuzzer does not take them. Others are read with ``FuzzArguments/value(_:)``.
  ///   - usageStatus: what the process exits with where the command line cannot be read.
  public init(_ command: String, options: [String], usageStatus: Int32 = 1) {
    arguments = FuzzArguments(
      command: command, options: options, usageStatus: usageStatus, arguments: Array(CommandLine.arguments.dropFirst()))
    seed = arguments.value("--seed") ?? UInt64.random(in: 0...UInt64(UInt32.max))
    seconds = arguments.value("--seconds") ?? .infinity
    iterations = arguments.value("--iterations") ?? (seconds.isFinite ? .max : 100_000)
    artifacts = arguments.value("--artifacts") ?? "."
  }

  /// Seconds since the run began.
  public var elapsed: Double { (ContinuousClock.now - start) / .seconds(1) }

  /// Whether the run's seconds are used up.
  public var isOver: Bool { elapsed > seconds }

  /// Goes through the iterations until they or the seconds are used up.
  ///
  /// - Parameters:
  ///   - first: the number to begin with.
  ///   - pace: iterations from one look at the clock to the next.
  /// - Returns: how many there were.
  public func repeatUntilOver(
    from first: Int = 0, lookingEvery pace: Int = 256, _ trial: (_ iteration: Int) -> Void
  ) -> Int {
    var done = 0
    for iteration in first..<max(first, iterations) {
      if iteration % pace == 0, isOver { break }
      trial(iteration)
      done += 1
    }
    return done
  }

  /// Checks an input; one that breaks a promise ends the process, see ``fail(_:iteration:place:input:suffix:)``.
  public func check(
    _ input: some Sequence<UInt8>, iteration: Int, place: String = "", suffix: String = "", _ check: () throws -> Void
  ) {
    do {
      try check()
    } catch {
      fail(error, iteration: iteration, place: place, input: input, suffix: suffix)
    }
  }

  /// Prints the seed, at once: it is known even if the process crashes.
  ///
  /// - Parameter more: what else there is to say of the run's beginning.
  public func printSeed(_ more: String = "") {
    print("seed \(seed)\(more)")
    fflush(nil)
  }

  /// The files of `--corpus` in the order of their names. None ends the process.
  ///
  /// - Parameters:
  ///   - directory: where they are unless the command line says otherwise.
  ///   - kind: what the files are, in the plural, for the message.
  public func corpus(in directory: String, of kind: String) -> [(name: String, bytes: [UInt8])] {
    let directory = arguments.value("--corpus") ?? directory
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
    let files = names.compactMap { name in
      FileManager.default.contents(atPath: directory + "/" + name).map { (name: name, bytes: [UInt8]($0)) }
    }
    if files.isEmpty { fail("\(directory): no \(kind); name their directory with --corpus") }
    return files
  }

  /// Writes an input that broke a promise to a file, says so and ends the process.
  ///
  /// - Parameters:
  ///   - error: the promise that was broken.
  ///   - place: behind the iteration's number, what else the input is known by.
  ///   - input: the file's content.
  ///   - suffix: the end of the file's name.
  public func fail(
    _ error: any Error, iteration: Int, place: String = "", input: some Sequence<UInt8>, suffix: String = ""
  ) -> Never {
    let path = "\(artifacts)/\(arguments.command)-\(seed)-\(iteration)\(suffix)"
    let isWritten = FileManager.default.createFile(atPath: path, contents: Data(input))
    if !isWritten { print("\(path) cannot be written") }
    fail("seed \(seed), iteration \(iteration)\(place): \(error); the input is in \(path)")
  }

  /// Ends the process with 1 and a message on standard error.
  public func fail(_ message: String) -> Never {
    FileHandle.standardError.write(Data((message + "\n").utf8))
    exit(1)
  }
}
