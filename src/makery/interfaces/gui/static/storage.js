(() => {
  for (const name of ["localStorage", "sessionStorage"]) {
    const kept = new Map();
    const storage = {
      getItem: (key) => (kept.has(String(key)) ? kept.get(String(key)) : null),
      setItem: (key, value) => { kept.set(String(key), String(value)); },
      removeItem: (key) => { kept.delete(String(key)); },
      clear: () => kept.clear(),
      key: (index) => [...kept.keys()][index] ?? null,
      get length() { return kept.size; },
    };
    const plain = new Proxy(storage, {
      get: (target, key) => (key in target ? target[key] : target.getItem(key) ?? undefined),
      set: (target, key, value) => { target.setItem(key, value); return true; },
      deleteProperty: (target, key) => { target.removeItem(key); return true; },
    });
    Object.defineProperty(window, name, { value: plain, configurable: true });
  }
})();
