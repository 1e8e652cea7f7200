// The best rising step function through points: pool adjacent violators.

export interface Point {
  readonly x: number;
  readonly y: number;
}

interface Block {
  readonly fromX: number;
  readonly sum: number;
  readonly count: number;
}

/**
 * Least squares under a rising order (Ayer et al., 1955).
 * @returns the fitted y for any x: the step that x falls on, the first one below all
 */
export function isotonic(points: readonly Point[]): (x: number) => number {
  const blocks: Block[] = [];
  for (const { x, y } of points.toSorted((a, b) => a.x - b.x)) {
    const before = blocks.at(-1);
    let block: Block = { fromX: x, sum: y, count: 1 };
    if (before !== undefined && before.fromX === x) {
      blocks.pop();
      block = { fromX: x, sum: before.sum + y, count: before.count + 1 };
    }
    for (
      let below = blocks.at(-1);
      below !== undefined && below.sum / below.count >= block.sum / block.count;
      below = blocks.at(-1)
    ) {
      blocks.pop();
      block = { fromX: below.fromX, sum: below.sum + block.sum, count: below.count + block.count };
    }
    blocks.push(block);
  }
  return (x) => {
    const on = blocks.findLast(({ fromX }) => fromX <= x) ?? blocks[0];
    return on === undefined ? 0 : on.sum / on.count;
  };
}
