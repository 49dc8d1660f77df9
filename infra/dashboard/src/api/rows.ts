// The rows of a list of the API by their place in it. Only pages near the rows in sight are kept; the others are read
// again when they come into sight.
import type { CombinedError } from '@urql/core';
import { Store } from './store';

export interface Connection<Row> {
  readonly edges: readonly { readonly node: Row }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly totalCount?: number | undefined;
}

export interface Wanted {
  readonly first: number;
  readonly after: string | null;
  readonly skip: number;
  readonly isCounted: boolean;
}

export interface Found<Row> {
  readonly list: Connection<Row> | undefined;
  readonly error: CombinedError | undefined;
}

/** An array is one, too. A row that is not read yet is undefined. */
export interface Rows<Row> {
  readonly length: number;
  readonly at: (index: number) => Row | undefined;
}

export interface ListState<Row> {
  /** Undefined before the first page. */
  readonly rows: Rows<Row> | undefined;
  readonly error: CombinedError | undefined;
}

export const SIZE = 200;
/** Pages that are kept: 5,000 rows. */
const MOST = 25;

export class ListReader<Row> {
  readonly state = new Store<ListState<Row>>({ rows: undefined, error: undefined });
  /** The first and the last index of the rows in sight. */
  readonly inSight = new Store<readonly [number, number]>([0, 0]);
  readonly #read: (wanted: Wanted) => Promise<Found<Row>>;
  readonly #pages = new Map<number, readonly Row[]>();
  /** The cursor of the last row of each page that was read, by the page's number. */
  readonly #ends: (string | undefined)[] = [];
  #total: number | undefined;
  /** Without the number of rows: those that are known to be there, and one more where a page follows. */
  #least = 0;
  #uncounted: CombinedError | undefined;
  #isBusy = false;
  #isClosed = false;

  constructor(read: (wanted: Wanted) => Promise<Found<Row>>) {
    this.#read = read;
  }

  /** Reads the first page and, beside it, the number of rows, because counting takes longer than a page. */
  begin(): void {
    this.#fill();
    this.#count();
  }

  /** Reads what is missing of the rows from one index to the other, and of the pages beside them. */
  show(first: number, last: number): void {
    const [before, end] = this.inSight.value;
    if (first !== before || last !== end) this.inSight.set([first, last]);
    this.#fill();
  }

  /** Reads what an error has left out. */
  resume(): void {
    if (!this.state.value.error) return;
    this.#fill();
    if (this.#uncounted) this.#count();
  }

  close(): void {
    this.#isClosed = true;
  }

  #count(): void {
    void this.#read({ first: 0, after: null, skip: 0, isCounted: true }).then(({ list, error }) => {
      // The last page knows the number of rows better: rows may have been added since they were counted.
      this.#total ??= list?.totalCount;
      this.#uncounted = this.#total === undefined ? error : undefined;
      if (this.#pages.size > 0) this.#publish(undefined);
    });
  }

  #fill(): void {
    const page = this.#missing();
    if (this.#isBusy || page === undefined) return;
    this.#isBusy = true;
    void this.#readPage(page).then(isRead => {
      this.#isBusy = false;
      if (isRead && !this.#isClosed) this.#fill();
    });
  }

  #missing(): number | undefined {
    const [first, last] = this.#pagesInSight;
    const end = Math.ceil((this.#total ?? Infinity) / SIZE);
    const wanted = [...Array.from({ length: last - first + 1 }, (_, index) => first + index), last + 1, first - 1];
    return wanted.find(page => page >= 0 && page < end && !this.#pages.has(page));
  }

  get #pagesInSight(): readonly [number, number] {
    const [first, last] = this.inSight.value;
    return [Math.floor(first / SIZE), Math.floor(last / SIZE)];
  }

  /** From the last cursor before the page: new rows at the beginning of the list move none of these. */
  async #readPage(page: number): Promise<boolean> {
    let known = page - 1;
    while (known >= 0 && this.#ends[known] === undefined) known -= 1;
    const { list, error } = await this.#read({
      first: SIZE, after: this.#ends[known] ?? null, skip: (page - known - 1) * SIZE, isCounted: false,
    });
    if (this.#isClosed) return false;
    if (list !== undefined) {
      this.#pages.set(page, list.edges.map(edge => edge.node));
      this.#ends[page] = list.pageInfo.endCursor ?? undefined;
      const end = page * SIZE + list.edges.length;
      if (list.pageInfo.hasNextPage) this.#least = Math.max(this.#least, end + 1);
      else {
        this.#total = end;
        this.#uncounted = undefined;
      }
      this.#forget();
    }
    this.#publish(error);
    return list !== undefined;
  }

  #forget(): void {
    const [first, last] = this.#pagesInSight;
    const distance = (page: number) => Math.max(first - page, page - last);
    const farthest = [...this.#pages.keys()].sort((one, other) => distance(other) - distance(one));
    farthest.slice(0, Math.max(0, farthest.length - MOST)).forEach(page => this.#pages.delete(page));
  }

  #publish(error: CombinedError | undefined): void {
    if (this.#isClosed) return;
    const isRead = this.#pages.size > 0;
    const length = this.#total ?? Math.max(this.#least, this.#pages.get(0)?.length ?? 0);
    const at = (index: number) => this.#pages.get(Math.floor(index / SIZE))?.[index % SIZE];
    this.state.set({ rows: isRead ? { length, at } : this.state.value.rows, error: error ?? this.#uncounted });
  }
}
