extension MemScope {
    /// How much is recorded; may be set at any time, from any thread.
    ///
    /// Recorded blocks stay exact in every mode: their ends are always recorded.
    public static var mode: Mode {
        get { CaptureCore.mode }
        set { CaptureCore.mode = newValue }
    }
}
