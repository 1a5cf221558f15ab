// What browsers have and the DOM of TypeScript 4.8 (Debian's) lacks.
interface CanvasRenderingContext2D {
  roundRect(x: number, y: number, width: number, height: number, radii: number): void;
}
