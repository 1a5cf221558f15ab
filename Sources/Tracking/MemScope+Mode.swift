extension MemScope {
    /// How much is recorded; may be set at any time.
    ///
    /// Blocks that are known stay exact in every mode: their ends are always recorded.
    public static var mode: Mode {
        get { CaptureCore.mode }
        set { CaptureCore.mode = newValue }
    }
}
