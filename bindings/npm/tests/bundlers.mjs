// Each bundler with as little configuration as it takes; what is made runs in Node.
import { join } from "node:path";

export const bundled = {
  async esbuild(folder) {
    const { build } = await import("esbuild");
    const outfile = join(folder, "dist/main.mjs");
    await build({ entryPoints: [join(folder, "main.mjs")], bundle: true, format: "esm", platform: "node", target: "node20", outfile });
    return outfile;
  },

  async vite(folder) {
    const { build } = await import("vite");
    await build({
      root: folder,
      configFile: false,
      logLevel: "warn",
      ssr: { noExternal: true },
      build: { ssr: join(folder, "main.mjs"), outDir: join(folder, "dist"), target: "node20", rollupOptions: { output: { entryFileNames: "main.mjs" } } },
    });
    return join(folder, "dist/main.mjs");
  },

  async webpack(folder) {
    const { default: webpack } = await import("webpack");
    const compiler = webpack({
      mode: "production",
      target: "node20",
      context: folder,
      entry: "./main.mjs",
      experiments: { outputModule: true },
      output: { path: join(folder, "dist"), filename: "main.mjs", module: true, chunkFormat: "module" },
    });
    const stats = await new Promise((resolve, reject) => {
      compiler.run((error, stats) => (error ? reject(error) : compiler.close(() => resolve(stats))));
    });
    if (stats.hasErrors()) throw new Error(stats.toString({ colors: false }));
    return join(folder, "dist/main.mjs");
  },
};
