/**
 * JupyterLab as the workshop wants it: our kernel only, our settings, every folder inside the project.
 *
 * @module
 */
import { join } from "node:path";
import type { ProcessSpec } from "lib/services/server_process.ts";
import { venvProgram } from "./python.ts";

/**
 * The kernelspec of the Deno that runs this. Stop interrupts a cell by message: the stock spec's signal would end the
 * kernel, and its variables with it.
 */
export function kernelSpec(): object {
  return {
    argv: [Deno.execPath(), "jupyter", "--kernel", "--conn", "{connection_file}"],
    display_name: "Deno",
    language: "typescript",
    interrupt_mode: "message",
    env: { NO_COLOR: "1" },
  };
}

/** Settings that a reader may change in JupyterLab; these are where they start from. */
const DEFAULT_SETTINGS = {
  "@jupyterlab/apputils-extension:notification": { fetchNews: "false", checkForUpdates: false },
  // Who runs all cells before the kernel has started is not asked which kernel.
  "@jupyterlab/notebook-extension:tracker": { autoStartDefaultKernel: true },
};

async function writeJson(folder: string, name: string, value: unknown): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
}

function serverConfig(options: { folder: string; port: number; openBrowser: boolean }): object {
  return {
    ServerApp: {
      ip: "127.0.0.1",
      port: options.port,
      port_retries: 0,
      open_browser: options.openBrowser,
      root_dir: options.folder,
      allow_root: true,
    },
    LabApp: { custom_css: true },
    KernelSpecManager: { ensure_native_kernel: false, allowed_kernelspecs: ["deno"] },
    MultiKernelManager: { default_kernel_name: "deno" },
  };
}

export interface LabOptions {
  root: string;
  /** Where the server's own files go; they end with it. */
  runFolder: string;
  /** Where kernels find running services. */
  servicesFolder: string;
  /** The notebooks. */
  folder: string;
  port: number;
  token: string;
  openBrowser: boolean;
}

/** Writes all that JupyterLab reads; returns how it is started. */
export async function prepareLab(options: LabOptions): Promise<ProcessSpec> {
  const home = join(options.root, ".workshop", "jupyter");
  const config = join(home, "config");
  await writeJson(join(home, "kernels", "deno"), "kernel.json", kernelSpec());
  await writeJson(join(config, "labconfig"), "default_setting_overrides.json", DEFAULT_SETTINGS);
  await Deno.mkdir(join(config, "custom"), { recursive: true });
  await Deno.copyFile(new URL("lab.css", import.meta.url), join(config, "custom", "custom.css"));
  await writeJson(options.runFolder, "jupyter_server_config.json", serverConfig(options));
  return {
    command: venvProgram(options.root, "python"),
    args: [
      "-m",
      "jupyterlab",
      `--config=${join(options.runFolder, "jupyter_server_config.json")}`,
    ],
    cwd: options.folder,
    env: {
      JUPYTER_PATH: home,
      JUPYTER_CONFIG_DIR: config,
      JUPYTER_DATA_DIR: join(home, "data"),
      JUPYTER_RUNTIME_DIR: join(options.runFolder, "runtime"),
      JUPYTERLAB_SETTINGS_DIR: join(config, "user-settings"),
      JUPYTERLAB_WORKSPACES_DIR: join(config, "workspaces"),
      JUPYTER_TOKEN: options.token,
      IPYTHONDIR: join(home, "ipython"),
      WORKSHOP_RUN_DIR: options.servicesFolder,
    },
    // JupyterLab ends its kernels first.
    graceMs: 6000,
  };
}
