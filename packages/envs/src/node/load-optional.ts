/**
 * What `load` imports of the optional package `name`.
 * Throws `Error`, saying what to install, where it is not there.
 */
export async function loadOptional<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new Error(
      `the package ${name} is needed for pictures and cannot be loaded; npm install ${name} (${reason})`,
      {
        cause: error,
      },
    );
  }
}
