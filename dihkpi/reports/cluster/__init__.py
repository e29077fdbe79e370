"""Reports made on other machines: `executors` knows Dask, `shared` packs what a job needs."""
