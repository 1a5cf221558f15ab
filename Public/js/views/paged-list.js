// @ts-check
// Rows of a list resource: the first page is fetched again on a schedule, further
// pages are added on demand.

import { get } from "../api/client.js";
import { Resource } from "../state/resource.js";

const PAGE = 100;
const MOST = 1000;
const INTERVAL = 5000;

/**
 * @template Row
 * @template {import("../wire-types.js").Page} Data
 */
export class PagedList {
  /**
   * @param {string} name - of the resource, and of the array in its data unless `rowsName` says otherwise
   * @param {string} sort - at the beginning
   * @param {(list: PagedList<Row, Data>) => void} changed
   * @param {number | null} [interval] - milliseconds between loads; null: only when asked
   * @param {string} [rowsName]
   */
  constructor(name, sort, changed, interval = INTERVAL, rowsName = name) {
    this.name = name;
    this.rowsName = rowsName;
    this.sort = sort;
    this.changed = changed;
    /** @type {Row[]} */
    this.rows = [];
    /** @type {string | null} */
    this.next = null;
    this.total = 0;
    this.wanted = PAGE;
    /**
     * Further parameters of the request.
     * @type {Record<string, string>}
     */
    this.filter = {};
    /**
     * The answer that the rows came from: the same answer again must not remove added pages.
     * @type {unknown}
     */
    this.taken = null;
    /** @type {Resource<Data>} */
    this.resource = new Resource(() => this.loadFirst(), (state) => this.arrived(state), interval);
  }

  get state() {
    return this.resource.state;
  }

  loadFirst() {
    return get(this.name, { ...this.filter, sort: this.sort, limit: this.wanted });
  }

  /** @param {import("../state/resource.js").ResourceState<Data>} state */
  arrived(state) {
    if (state.status === "ready" && state.envelope && state.envelope !== this.taken) {
      this.taken = state.envelope;
      this.take(state.envelope.data, []);
    }
    this.changed(this);
  }

  /** @param {Data} data @param {Row[]} before */
  take(data, before) {
    const rows = /** @type {Record<string, Row[]>} */ (/** @type {unknown} */ (data))[this.rowsName];
    this.rows = [...before, ...rows];
    this.next = data.next;
    this.total = data.total;
  }

  /** @param {string} sort @param {Record<string, string>} [filter] */
  sortBy(sort, filter = {}) {
    if (sort === this.sort && JSON.stringify(filter) === JSON.stringify(this.filter)) return;
    this.sort = sort;
    this.filter = filter;
    this.wanted = PAGE;
    if (this.resource.wanted) this.resource.refresh();
    else this.resource.reset();
  }

  /**
   * Adds the next page. Later refreshes ask for as many rows as are shown, up to
   * the API's limit; further rows do not change until the list is refreshed.
   */
  async more() {
    if (this.next === null) return;
    this.resource.stop();
    const envelope = await get(this.name, { ...this.filter, sort: this.sort, limit: PAGE, cursor: this.next });
    this.take(envelope.data, this.rows);
    this.changed(this);
    this.wanted = Math.min(MOST, this.rows.length);
    if (this.rows.length <= MOST) this.resource.resume();
  }
}
