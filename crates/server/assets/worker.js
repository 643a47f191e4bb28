var n;onmessage=({data:e})=>{clearInterval(n),typeof e=="number"&&e>0&&(n=setInterval(()=>postMessage(0),e))};
