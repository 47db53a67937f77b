// The memory of the provider for one tenant: sessions, codes, grants. It is
// kept outside the provider so that it survives a change of keys. Nothing is
// evicted: a test run is short.

export class Store {
  entries = new Map(); // "Model:id" -> {payload, ends}

  adapter(model) {
    return new Adapter(this.entries, model);
  }
}

class Adapter {
  constructor(entries, model) {
    this.entries = entries;
    this.model = model;
  }

  async upsert(id, payload, seconds) {
    const ends = seconds ? Date.now() + seconds * 1000 : Infinity;
    this.entries.set(`${this.model}:${id}`, { payload, ends });
  }

  async find(id) {
    const entry = this.entries.get(`${this.model}:${id}`);
    return entry && entry.ends > Date.now() ? entry.payload : undefined;
  }

  async findByUid(uid) {
    return this.first((payload) => payload.uid === uid);
  }

  async findByUserCode(userCode) {
    return this.first((payload) => payload.userCode === userCode);
  }

  first(matches) {
    for (const [key, { payload, ends }] of this.entries) {
      if (key.startsWith(`${this.model}:`) && ends > Date.now() && matches(payload)) return payload;
    }
    return undefined;
  }

  async consume(id) {
    const payload = await this.find(id);
    if (payload) payload.consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    this.entries.delete(`${this.model}:${id}`);
  }

  async revokeByGrantId(grantId) {
    for (const [key, { payload }] of this.entries) {
      if (payload.grantId === grantId) this.entries.delete(key);
    }
  }
}
