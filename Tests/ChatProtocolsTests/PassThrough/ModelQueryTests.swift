import ChatProtocols
import Testing

private func model(_ query: String) -> String? { Array(query.utf8).withUnsafeBytes { ModelQuery.model(in: $0) } }

struct ModelQueryTests {
  @Test("the first parameter model counts, decoded")
  func found() {
    #expect(model("model=m") == "m")
    #expect(model("purpose=batch&model=a%2Fb+c&model=z") == "a/b c")
    #expect(model("&&model=%C3%A9%zz%4") == "é%zz%4")
    #expect(model("model=%FF=1") == "\u{FFFD}=1")
  }

  @Test("a query without a model has none")
  func absent() {
    #expect(model("") == nil)
    #expect(model("model") == nil)
    #expect(model("model=&model=m") == nil)
    #expect(model("models=m&xmodel=m&a=model=m") == nil)
  }
}
