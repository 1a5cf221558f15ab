// @ts-check
// A canvas that is sharp on every display and painted at most once per frame.

import { onColorChange } from "./palette.js";

export class Surface {
  /**
   * @param {HTMLCanvasElement} canvas - sized by the style sheet
   * @param {(context: CanvasRenderingContext2D, width: number, height: number) => void} paint - CSS pixels
   */
  constructor(canvas, paint) {
    this.canvas = canvas;
    this.paint = paint;
    this.pending = false;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    new ResizeObserver(() => this.request()).observe(canvas);
    onColorChange(() => this.request());
  }

  /** However often this is called, one painting follows, with the next frame. */
  request() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.draw();
    });
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (width === 0 || height === 0) return;
    const ratio = devicePixelRatio || 1;
    const [pixelWidth, pixelHeight] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== pixelWidth || this.canvas.height !== pixelHeight) {
      this.canvas.width = pixelWidth;
      this.canvas.height = pixelHeight;
    }
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.context.clearRect(0, 0, width, height);
    this.paint(this.context, width, height);
  }
}
