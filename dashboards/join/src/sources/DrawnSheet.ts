/** Longer side in pixels of the canvas, and width of the line. */
const [SIZE, PEN] = [280, 22] as const;

/** Where the pen is: fractions of the sheet's longer side, right and down; at a page's instant in ms. */
export interface PenPlace {
  readonly x: number;
  readonly y: number;
  readonly isDown: boolean;
  readonly at: number;
}

/** A sheet to draw on with whatever points: bright ink on dark. */
export class DrawnSheet {
  readonly canvas = document.createElement("canvas");
  readonly #pen: CanvasRenderingContext2D;
  #last: PenPlace | undefined;

  /**
   * @param aspect Height by width.
   * @param onPen Told each place of the pen while it is down, and where it is lifted.
   */
  constructor(aspect: number, onPen: (place: PenPlace) => void = () => {}) {
    const { canvas } = this;
    canvas.className = "pad";
    canvas.role = "img";
    canvas.ariaLabel = "Sheet to draw on";
    canvas.width = Math.round(SIZE * Math.min(1, 1 / aspect));
    canvas.height = Math.round(SIZE * Math.min(1, aspect));
    const pen = canvas.getContext("2d");
    if (pen === null) throw new Error("this browser does not draw");
    this.#pen = pen;
    Object.assign(pen, {
      lineWidth: PEN,
      lineCap: "round",
      lineJoin: "round",
      strokeStyle: "#fff",
    });
    this.wipe();
    canvas.onpointerdown = (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.#last = undefined;
      this.#draw(event, onPen);
    };
    canvas.onpointermove = (event) => this.#draw(event, onPen);
    canvas.onpointerup = canvas.onpointercancel = (event) => {
      if (this.#last !== undefined) onPen({ ...this.#last, isDown: false, at: event.timeStamp });
      this.#last = undefined;
    };
  }

  /** Makes it blank. */
  wipe(): void {
    this.#cover("#000");
  }

  /** Leaves a shadow of what is drawn. */
  fade(): void {
    this.#cover("rgb(0 0 0 / 0.7)");
  }

  #cover(colour: string): void {
    this.#pen.fillStyle = colour;
    this.#pen.fillRect(0, 0, this.canvas.width, this.canvas.height);
  }

  #draw(event: PointerEvent, onPen: (place: PenPlace) => void): void {
    if (event.buttons === 0) return;
    const box = this.canvas.getBoundingClientRect();
    const coalesced = event.getCoalescedEvents?.() ?? [];
    for (const { clientX, clientY, timeStamp } of coalesced.length > 0 ? coalesced : [event]) {
      const x = (clientX - box.left) * (this.canvas.width / box.width);
      const y = (clientY - box.top) * (this.canvas.height / box.height);
      const place = { x: x / SIZE, y: y / SIZE, isDown: true, at: timeStamp };
      // Told first: whoever hears of it may begin another sheet.
      onPen(place);
      const from = this.#last ?? place;
      this.#pen.beginPath();
      this.#pen.moveTo(from.x * SIZE, from.y * SIZE);
      this.#pen.lineTo(x, y);
      this.#pen.stroke();
      this.#last = place;
    }
    event.preventDefault();
  }
}
